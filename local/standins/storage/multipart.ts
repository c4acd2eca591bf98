/** `multipart/related` uploads: one JSON part with metadata, then one part with the object's bytes, which are passed on as they arrive. */
import { MAX_JSON_BYTES, parseJson } from "./exchange.ts";
import { invalidArgument } from "./failure.ts";

export interface MultipartUpload {
  /** The first part, parsed. */
  readonly metadata: unknown;
  /** The second part's Content-Type. */
  readonly mediaType: string | undefined;
  /** The second part; to be read to its end, where a missing closing boundary is noticed. */
  readonly media: AsyncIterable<Buffer>;
}

const MAX_HEADER_BYTES = 16 * 1024;

/**
 * @param contentType the request's, which names the boundary
 * @throws StorageError 400
 */
export async function readMultipart(
  contentType: string | undefined,
  source: AsyncIterable<Buffer>,
): Promise<MultipartUpload> {
  const boundary = /^multipart\/related\s*;(?:.*;)?\s*boundary=(?:"([^"]{1,200})"|([^\s";]{1,200}))/i.exec(
    contentType ?? "",
  );
  const name = boundary?.[1] ?? boundary?.[2];
  if (name === undefined)
    throw invalidArgument("A multipart upload needs Content-Type: multipart/related; boundary=…");
  const delimiter = Buffer.from(`\r\n--${name}`);
  // The first boundary may stand at the very beginning, without a line break before it.
  const reader = new DelimitedReader(source, Buffer.from("\r\n"));

  await reader.upTo(delimiter, MAX_HEADER_BYTES);
  await partHeaders(reader);
  const metadata = parseJson((await reader.upTo(delimiter, MAX_JSON_BYTES)).toString("utf8"));
  const headers = await partHeaders(reader);
  const mediaType = /^content-type:[ \t]*(.*?)[ \t]*$/im.exec(headers)?.[1];
  return { metadata, mediaType, media: reader.streamUpTo(delimiter) };
}

async function partHeaders(reader: DelimitedReader): Promise<string> {
  // What follows the boundary: the rest of its line, then header lines, then an empty line.
  const text = (await reader.upTo(Buffer.from("\r\n\r\n"), MAX_HEADER_BYTES)).toString("utf8");
  if (text.startsWith("--")) throw invalidArgument("Multipart content has too few non-empty parts.");
  return text;
}

/** Splits a byte stream at delimiters, wherever the stream's own pieces end. */
class DelimitedReader {
  readonly #source: AsyncIterator<Buffer>;
  #rest: Buffer;

  constructor(source: AsyncIterable<Buffer>, start: Buffer) {
    this.#source = source[Symbol.asyncIterator]();
    this.#rest = start;
  }

  /** The bytes before the delimiter, which is consumed. */
  async upTo(delimiter: Buffer, most: number): Promise<Buffer> {
    for (;;) {
      const at = this.#rest.indexOf(delimiter);
      if (at >= 0) {
        const found = this.#rest.subarray(0, at);
        this.#rest = this.#rest.subarray(at + delimiter.length);
        return found;
      }
      if (this.#rest.length > most) throw invalidArgument("Multipart content has a part that is too large.");
      await this.#more();
    }
  }

  /** The same for any length: passes on what can't be the delimiter's beginning. */
  async *streamUpTo(delimiter: Buffer): AsyncGenerator<Buffer> {
    for (;;) {
      const at = this.#rest.indexOf(delimiter);
      const certain = at >= 0 ? at : Math.max(0, this.#rest.length - delimiter.length + 1);
      if (certain > 0) yield this.#rest.subarray(0, certain);
      this.#rest = this.#rest.subarray(certain);
      if (at >= 0) break;
      await this.#more();
    }
    // The epilogue means nothing, but the connection can only be used again when it is read.
    while (!(await this.#source.next()).done);
  }

  async #more(): Promise<void> {
    const next = await this.#source.next();
    if (next.done) throw invalidArgument("Multipart content ends without its closing boundary.");
    this.#rest = this.#rest.length === 0 ? next.value : Buffer.concat([this.#rest, next.value]);
  }
}
