/** Whether a file can be sent at all, judged before any of it is sent. The API looks at the whole of it again. */

export type Sort = "video" | "photo";

interface SortRule {
  /** The content type by the ending of a file's name. */
  readonly types: Readonly<Record<string, string>>;
  readonly maxBytes: number;
}

const MEBIBYTE = 1024 ** 2;

const rules: Readonly<Record<Sort, SortRule>> = {
  video: {
    types: {
      mp4: "video/mp4",
      mov: "video/quicktime",
      qt: "video/quicktime",
      m4v: "video/x-m4v",
      "3gp": "video/3gpp",
      "3g2": "video/3gpp2",
      webm: "video/webm",
      mkv: "video/matroska",
      avi: "video/vnd.avi",
      mpg: "video/mpeg",
      mpeg: "video/mpeg",
      mts: "video/mp2t",
      m2ts: "video/mp2t",
      wmv: "video/x-ms-asf",
      flv: "video/x-flv",
      ogv: "video/ogg",
    },
    maxBytes: 8 * 1024 * MEBIBYTE,
  },
  photo: {
    types: {
      jpg: "image/jpeg",
      jpeg: "image/jpeg",
      png: "image/png",
      webp: "image/webp",
      heic: "image/heic",
      heif: "image/heif",
      avif: "image/avif",
      gif: "image/gif",
      tif: "image/tiff",
      tiff: "image/tiff",
    },
    maxBytes: 64 * MEBIBYTE,
  },
};

/** What a file picker offers. */
export function acceptOf(sort: Sort): string {
  return [
    `${sort === "video" ? "video" : "image"}/*`,
    ...Object.keys(rules[sort].types).map((ending) => `.${ending}`),
  ].join(",");
}

/** Why a file can't be sent. */
export type FileProblem = "not_video" | "not_photo" | "empty" | "too_large" | "damaged" | "heic_unread";

export interface Described {
  readonly name: string;
  /** As the browser names it; often empty. */
  readonly type: string;
  readonly size: number;
  /** The first bytes, at least 12 unless the file is smaller. */
  readonly head: Uint8Array;
}

/** The content type to send a file as, or why it can't be sent. */
export function judgeFile(
  sort: Sort,
  file: Described,
): { readonly contentType: string } | { readonly problem: FileProblem } {
  const rule = rules[sort];
  const ending = /\.([^.]+)$/.exec(file.name)?.[1]?.toLowerCase() ?? "";
  const declared = file.type.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  const known = Object.values(rule.types);
  const contentType = rule.types[ending] ?? (known.includes(declared) ? declared : undefined);
  if (contentType === undefined) return { problem: sort === "video" ? "not_video" : "not_photo" };
  if (file.size === 0) return { problem: "empty" };
  if (file.size > rule.maxBytes) return { problem: "too_large" };
  if (!beginsAs(contentType, file.head)) return { problem: "damaged" };
  return { contentType };
}

/** Types whose first bytes are always the same. Others are left to the API. */
const SIGNATURES: Readonly<Record<string, (head: Uint8Array, text: string) => boolean>> = {
  "video/mp4": isIsoMedia,
  "video/quicktime": isIsoMedia,
  "video/x-m4v": isIsoMedia,
  "video/3gpp": isIsoMedia,
  "video/3gpp2": isIsoMedia,
  "video/webm": isEbml,
  "video/matroska": isEbml,
  "video/vnd.avi": (_, text) => text.startsWith("RIFF") && text.slice(8, 11) === "AVI",
  "image/jpeg": (head) => head[0] === 0xff && head[1] === 0xd8,
  "image/png": (head, text) => head[0] === 0x89 && text.slice(1, 4) === "PNG",
  "image/webp": (_, text) => text.startsWith("RIFF") && text.slice(8, 12) === "WEBP",
  "image/gif": (_, text) => text.startsWith("GIF8"),
  "image/heic": isIsoMedia,
  "image/heif": isIsoMedia,
  "image/avif": isIsoMedia,
};

function beginsAs(contentType: string, head: Uint8Array): boolean {
  const test = SIGNATURES[contentType];
  return test === undefined || test(head, String.fromCharCode(...head.subarray(0, 12)));
}

/** Old QuickTime files begin with their content; newer ones and all of MPEG-4 with the name of their form (ISO/IEC 14496-12). */
function isIsoMedia(_: Uint8Array, text: string): boolean {
  return ["ftyp", "moov", "mdat", "wide", "free", "skip", "pnot"].includes(text.slice(4, 8));
}

function isEbml(head: Uint8Array): boolean {
  return head[0] === 0x1a && head[1] === 0x45 && head[2] === 0xdf && head[3] === 0xa3;
}

/** A title for what a person has named so, or their camera: "IMG_2031" says nothing, "Garden in May" does. */
export function titleOf(name: string): string {
  const stem = name
    .replace(/\.[^.]+$/, "")
    .replaceAll(/[_\s]+/g, " ")
    .trim();
  return /^(img|vid|dsc|mov|pxl|mvi|dji|gopr|p|video|photo|image)?[\s-]*[\d\s-]*$/i.test(stem) ||
    /^\d{6,}/.test(stem)
    ? ""
    : stem.slice(0, 100);
}
