/**
 * The one list of videos and photos that this project takes and can show: the kinds of job accept these types, ingest looks for them in
 * the first bytes, the reference engine has a reader for each, and a test sends a file of each through all of that.
 */

export interface MediaType {
  /** Other names of the same type, in lower case: what a phone may declare, or `file-type` says. */
  readonly names: readonly string[];
  /** Types that the first bytes may say although it is this one, because they can't tell a film from a sound. */
  readonly looksLike: readonly string[];
  /** Endings of files, without the dot. */
  readonly endings: readonly string[];
}

function type(
  endings: readonly string[],
  names: readonly string[] = [],
  looksLike: readonly string[] = [],
): MediaType {
  return { names, looksLike, endings };
}

/** An MP4 whose first brand says sound may hold a film all the same: some cameras and converters write it so. */
const SOUND_BRANDS = ["audio/mp4", "audio/x-m4a"];

/** Videos, by the name this project uses. */
export const videoTypes = {
  "video/mp4": type(["mp4", "mp4v"], ["application/mp4"], SOUND_BRANDS),
  "video/quicktime": type(["mov", "qt"]),
  "video/x-m4v": type(["m4v"], ["video/m4v"]),
  "video/3gpp": type(["3gp", "3gpp"]),
  "video/3gpp2": type(["3g2"]),
  "video/webm": type(["webm"]),
  "video/matroska": type(["mkv"], ["video/x-matroska"]),
  "video/vnd.avi": type(["avi"], ["video/avi", "video/x-msvideo", "video/msvideo"]),
  "video/mpeg": type(["mpg", "mpeg", "vob", "mod", "m2p"], ["video/mp1s", "video/mp2p", "video/x-mpeg"]),
  "video/mp2t": type(["ts", "mts", "m2ts", "tod"], ["video/vnd.dlna.mpeg-tts"]),
  "video/x-ms-asf": type(
    ["wmv", "asf", "dvr-ms"],
    ["application/vnd.ms-asf", "video/x-ms-wmv"],
    // Which of its streams comes first says nothing about the others.
    ["audio/x-ms-asf"],
  ),
  "video/x-flv": type(["flv"], ["video/flv"]),
  "video/x-dv": type(["dv", "dif"], ["video/dv"]),
  "video/ogg": type(["ogv", "ogm"], [], ["application/ogg"]),
  "application/mxf": type(["mxf"]),
} as const satisfies Readonly<Record<string, MediaType>>;
export type VideoType = keyof typeof videoTypes;

/** Photos, by the name this project uses. */
export const photoTypes = {
  "image/jpeg": type(["jpg", "jpeg", "mpo"], ["image/jpg", "image/pjpeg", "image/mpo"]),
  "image/heic": type(["heic"], ["image/heic-sequence"]),
  "image/heif": type(["heif", "hif"], ["image/heif-sequence"]),
  "image/avif": type(["avif"], ["image/avif-sequence"]),
  "image/png": type(["png"], ["image/apng", "image/vnd.mozilla.apng"]),
  "image/webp": type(["webp"]),
  "image/gif": type(["gif"]),
  "image/tiff": type(["tif", "tiff"]),
} as const satisfies Readonly<Record<string, MediaType>>;

export type PhotoType = keyof typeof photoTypes;

const all: ReadonlyMap<string, MediaType> = new Map(
  Object.entries<MediaType>({ ...videoTypes, ...photoTypes }),
);
const usual: ReadonlyMap<string, string> = new Map(
  [...all].flatMap(([name, { names }]) => names.map((other) => [other, name] as const)),
);

/** The one type of JSON that is taken; it has no signature, so `sniffType` never says it. */
export const JSON_TYPE = "application/json";

/** The same media type without parameters, in lower case. */
export function essence(contentType: string): string {
  return (contentType.split(";", 1)[0] ?? "").trim().toLowerCase();
}

/** The same media type by the name this project uses, without parameters; types that aren't on the list keep theirs. */
export function usualName(contentType: string): string {
  const plain = essence(contentType);
  return usual.get(plain) ?? plain;
}

/** Whether content that looks like `sniffed` can be of one of `types`; all are compared by their usual names, so without parameters. */
export function isOneOf(types: readonly string[], sniffed: string): boolean {
  const seen = usualName(sniffed);
  return types.some((type) => {
    const name = usualName(type);
    return name === seen || all.get(name)?.looksLike.includes(seen);
  });
}

/** The type that a file of this name usually has; undefined when the ending isn't on the list. */
export function typeOfEnding(fileName: string): string | undefined {
  const ending = fileName.slice(fileName.lastIndexOf(".") + 1).toLowerCase();
  return [...all].find(([, { endings }]) => endings.includes(ending))?.[0];
}
