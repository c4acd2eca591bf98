import { usualName } from "./mediaTypes.ts";

/** How many of a file's first bytes `sniffType` should be given: enough for every container it knows. */
export const FIRST_BYTES = 16 * 1024;

/**
 * The media type that a file's first bytes say, by the name this project uses; undefined when they say nothing. What `file-type`
 * doesn't know, or gives up on because it would have to see more of the file, is recognized by what stands at its beginning.
 */
export async function sniffType(start: Uint8Array): Promise<string | undefined> {
  const bytes = Buffer.from(start.buffer, start.byteOffset, start.byteLength);
  if (bytes.length === 0) return undefined;
  const { fileTypeFromBuffer } = await import("file-type");
  const sniffed = usualName((await fileTypeFromBuffer(bytes).catch(() => undefined))?.mime ?? "");
  if (sniffed === "video/mp4" && isPicture(bytes)) return "image/heif";
  return sniffed !== "" ? sniffed : signatures.find(([, matches]) => matches(bytes))?.[0];
}

const signatures: readonly (readonly [string, (bytes: Buffer) => boolean])[] = [
  ["image/png", startsWith("89504e470d0a1a0a")],
  ["image/jpeg", startsWith("ffd8ff")],
  [
    "image/tiff",
    (bytes) => ["49492a00", "4d4d002a", "49492b00", "4d4d002b"].includes(bytes.toString("hex", 0, 4)),
  ],
  ["video/matroska", startsWith("1a45dfa3")],
  ["video/x-ms-asf", startsWith("3026b2758e66cf11a6d900aa0062ce6c")],
  // The header of a pack, or of a packet of video, or a sequence of video without any packets (ISO/IEC 13818-1 and -2).
  ["video/mpeg", (bytes) => /^000001(ba|bb|b3|e[0-9a-f])$/.test(bytes.toString("hex", 0, 4))],
  // The same on a Video CD.
  [
    "video/mpeg",
    (bytes) => bytes.toString("latin1", 0, 4) === "RIFF" && bytes.toString("latin1", 8, 12) === "CDXA",
  ],
  ["video/x-dv", isDigitalVideo],
  ["video/mp2t", isTransportStream],
  ["video/quicktime", (bytes) => QUICKTIME_BOXES.has(bytes.toString("latin1", 4, 8))],
];

function startsWith(hex: string): (bytes: Buffer) => boolean {
  return (bytes) => bytes.toString("hex", 0, hex.length / 2) === hex;
}

/** Boxes that a file without `ftyp` may begin with: QuickTime had none at first. */
const QUICKTIME_BOXES: ReadonlySet<string> = new Set([
  "moov",
  "mdat",
  "wide",
  "free",
  "skip",
  "pnot",
  "styp",
  "sidx",
]);

/** Whether the other brands of `ftyp` (ISO/IEC 14496-12, 4.3) say that it is a still picture and none says that it is a film. */
function isPicture(bytes: Buffer): boolean {
  if (bytes.length < 16 || bytes.toString("latin1", 4, 8) !== "ftyp") return false;
  const end = Math.min(bytes.length, bytes.readUInt32BE(0));
  const brands = new Set<string>();
  for (let at = 16; at + 4 <= end; at += 4) brands.add(bytes.toString("latin1", at, at + 4));
  return (
    ["mif1", "mif2", "heic", "heix", "avif"].some((brand) => brands.has(brand)) &&
    !["isom", "iso2", "mp41", "mp42", "qt  "].some((brand) => brands.has(brand))
  );
}

const DIF_BLOCK = 80;

/** Raw DV is a row of DIF blocks (IEC 61834-2): a header, two blocks of subcode, three of video's auxiliary data. */
function isDigitalVideo(bytes: Buffer): boolean {
  if (bytes.length < 6 * DIF_BLOCK || !/^1f07003f|^1f0700bf/.test(bytes.toString("hex", 0, 4))) return false;
  const section = (block: number) => (bytes[block * DIF_BLOCK] ?? 0) >> 5;
  return [1, 2].every((block) => section(block) === 1) && [3, 4, 5].every((block) => section(block) === 2);
}

/** Packets of a transport stream begin with 0x47 (ISO/IEC 13818-1); a recording may begin within one. */
function isTransportStream(bytes: Buffer): boolean {
  const PACKETS = 8;
  return [188, 192, 204].some((length) => {
    for (let first = 0; first < length; first++) {
      if (bytes[first] !== 0x47 || first + PACKETS * length > bytes.length) continue;
      const all = Array.from({ length: PACKETS }, (_, packet) => bytes[first + packet * length]);
      if (all.every((byte) => byte === 0x47)) return true;
    }
    return false;
  });
}
