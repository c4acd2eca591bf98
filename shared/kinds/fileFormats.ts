/**
 * The formats of files that results are made of. What format a file has is said by the ending of its name; whether it really has it, by
 * its first bytes, where the format has any that all its files begin with.
 */
import { constants, gunzipSync } from "node:zlib";
import { isContentType } from "../platform/media/contentType.ts";
import { essence } from "../platform/media/mediaTypes.ts";

export interface FileFormat {
  /** As people write it. */
  readonly label: string;
  /** Endings of names, in lower case, without the dot. */
  readonly endings: readonly string[];
  /** What an engine may announce; the first one is recommended. */
  readonly contentTypes: readonly string[];
  /** Whether a file that begins like this can be of the format; `whole` when these are all its bytes. Absent for formats that begin in any way. */
  readonly beginsWell?: (start: Buffer, whole: boolean) => boolean;
}

/** How many of a file's first bytes `beginsWell` should be given. */
export const START_BYTES = 16 * 1024;

/** Used by engines for what has no type of its own. */
const BYTES = "application/octet-stream";
const GLB = "model/gltf-binary";

export const fileFormats = {
  /** glTF 2.0, 4.4.2: the header's magic. */
  glb: format("GLB", ["glb"], [GLB, BYTES], beginsWith("glTF")),
  /** A GLB with an extension: https://github.com/vrm-c/vrm-specification. */
  vrm: format("VRM", ["vrm"], [GLB, "model/vrm", BYTES], beginsWith("glTF")),
  /** http://paulbourke.net/dataformats/ply: the first line is `ply`. */
  ply: format("PLY", ["ply"], [BYTES, "model/ply", "application/x-ply"], beginsWith("ply\n", "ply\r")),
  /** https://github.com/nianticlabs/spz: to version 3 a gzip stream that begins with NGSP when inflated, from version 4 NGSP itself. */
  spz: format("SPZ", ["spz"], [BYTES, "model/spz", "application/gzip"], isSpz),
  /** https://github.com/mkkellogg/GaussianSplats3D: begins with its version and counts. */
  ksplat: format("KSPLAT", ["ksplat"], [BYTES]),
  /** https://github.com/antimatter15/splat: rows of 32 bytes and no header. */
  splat: format("SPLAT", ["splat"], [BYTES]),
  /** https://developer.playcanvas.com/user-manual/gaussian-splatting/formats/sog: a ZIP of meta.json and WebP pictures. */
  sog: format("SOG", ["sog"], [BYTES, "application/zip"], beginsWith("PK\x03\x04")),
  /** Binary, or as text, whose first comment names the version. */
  fbx: format("FBX", ["fbx"], [BYTES, "model/fbx"], beginsWith("Kaydara FBX Binary  \0", "; FBX ")),
  json: format("JSON", ["json"], ["application/json"], isJson),
  png: format("PNG", ["png"], ["image/png"], beginsWith("\x89PNG\r\n\x1a\n")),
  jpeg: format("JPEG", ["jpg", "jpeg"], ["image/jpeg"], beginsWith("\xff\xd8\xff")),
  webp: format(
    "WebP",
    ["webp"],
    ["image/webp"],
    (start) => text(start, 0, 4) === "RIFF" && text(start, 8, 12) === "WEBP",
  ),
  /** https://registry.khronos.org/KTX/specs/2.0/ktxspec.v2.html, 3.1. */
  ktx2: format("KTX2", ["ktx2"], ["image/ktx2", BYTES], beginsWith("\xabKTX 20\xbb\r\n\x1a\n")),
  bin: format("BIN", ["bin"], [BYTES]),
  /** Has a footer at most. */
  tga: format("TGA", ["tga"], ["image/x-tga", "image/x-targa", BYTES]),
  tiff: format("TIFF", ["tif", "tiff"], ["image/tiff"], beginsWith("II*\0", "MM\0*", "II+\0", "MM\0+")),
  bmp: format("BMP", ["bmp"], ["image/bmp"], beginsWith("BM")),
  dds: format("DDS", ["dds"], ["image/vnd-ms.dds", BYTES], beginsWith("DDS ")),
} as const satisfies Readonly<Record<string, FileFormat>>;
export type FileFormatName = keyof typeof fileFormats;

/** Whether the name ends as files of the format do; something has to stand before the ending. */
export function hasEnding({ endings }: FileFormat, name: string): boolean {
  const dot = name.lastIndexOf(".");
  return dot > 0 && endings.includes(name.slice(dot + 1).toLowerCase());
}

/** Whether the content type can be stored and sent and is, parameters aside, one of the format's. */
export function hasContentType({ contentTypes }: FileFormat, contentType: string): boolean {
  return isContentType(contentType) && contentTypes.includes(essence(contentType));
}

function format(
  label: string,
  endings: readonly string[],
  contentTypes: readonly string[],
  beginsWell?: FileFormat["beginsWell"],
): FileFormat {
  return { label, endings, contentTypes, ...(beginsWell ? { beginsWell } : {}) };
}

/** @param starts one character for each byte */
function beginsWith(...starts: readonly string[]): (start: Buffer) => boolean {
  return (bytes) => starts.some((wanted) => text(bytes, 0, wanted.length) === wanted);
}

function text(bytes: Buffer, from: number, to: number): string {
  return bytes.toString("latin1", from, to);
}

function isSpz(start: Buffer): boolean {
  if (text(start, 0, 4) === "NGSP") return true;
  if (text(start, 0, 3) !== "\x1f\x8b\x08") return false;
  try {
    // A part of the stream: what it inflates to so far. A kibibyte inflates to a mebibyte at most.
    const inflated = gunzipSync(start.subarray(0, 1024), { finishFlush: constants.Z_SYNC_FLUSH });
    return text(inflated, 0, 4) === "NGSP";
  } catch {
    return false;
  }
}

/** A whole file must be an object or array of JSON; of a longer one the beginning must be that of one. A byte order mark is no JSON (RFC 8259, 8.1). */
function isJson(start: Buffer, whole: boolean): boolean {
  const beginning = start.toString("utf8");
  if (!whole) return /^[ \t\r\n]*(\{[ \t\r\n]*["}]|\[[ \t\r\n]*[[{"\]\-0-9tfn])/.test(beginning);
  try {
    const parsed: unknown = JSON.parse(beginning);
    return typeof parsed === "object" && parsed !== null;
  } catch {
    return false;
  }
}
