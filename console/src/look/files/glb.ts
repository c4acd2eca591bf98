/** Reads of a GLB what has to be there before it is opened. glTF 2.0, section 4.4, "GLB File Format". */

const MAGIC = 0x46546c67;
const JSON_CHUNK = 0x4e4f534a;
const HEADER_BYTES = 20;

/** What of its JSON is looked at. */
interface Referring {
  readonly extensionsRequired?: readonly unknown[];
  readonly images?: readonly { readonly uri?: unknown }[];
  readonly buffers?: readonly { readonly uri?: unknown }[];
}

/** The file is not what its name says, or is damaged. */
export class UnreadableModelError extends Error {
  constructor(what: string, cause?: unknown) {
    super(what, { cause });
    this.name = "UnreadableModelError";
  }
}

/** The file is whole, but made in a way that this page can't draw. */
export class UnsupportedModelError extends Error {
  constructor(what: string) {
    super(what);
    this.name = "UnsupportedModelError";
  }
}

/**
 * The other files that a GLB names, as it names them, each once.
 * @throws UnreadableModelError, UnsupportedModelError
 */
export function referencesOf(bytes: ArrayBuffer): string[] {
  const { images, buffers, extensionsRequired } = jsonOf(bytes);
  // Its transcoder compiles functions from text, which the Content Security Policy forbids.
  if (extensionsRequired?.includes("KHR_texture_basisu")) throw new UnsupportedModelError("KTX2 pictures");
  const uris = [...(images ?? []), ...(buffers ?? [])].map(({ uri }) => uri);
  const names = uris.filter((uri): uri is string => typeof uri === "string" && !uri.startsWith("data:"));
  return [...new Set(names)];
}

function jsonOf(bytes: ArrayBuffer): Referring {
  const view = new DataView(bytes);
  if (view.byteLength < HEADER_BYTES || view.getUint32(0, true) !== MAGIC)
    throw new UnreadableModelError("not a GLB");
  const length = view.getUint32(12, true);
  if (view.getUint32(16, true) !== JSON_CHUNK || HEADER_BYTES + length > view.byteLength)
    throw new UnreadableModelError("a GLB without its JSON");
  const text = new TextDecoder().decode(new Uint8Array(bytes, HEADER_BYTES, length));
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value;
  } catch (error) {
    throw new UnreadableModelError("a GLB whose JSON can't be read", error);
  }
  throw new UnreadableModelError("a GLB whose JSON is no object");
}
