/** Downloads the files of a result by their signed URLs. */
import { OfflineError } from "../../api/problem.ts";

/** Where files are read, by name. A signed URL ends after minutes, so addresses are asked for again when one is refused. */
export interface Addresses {
  /** @param again true when an address of the last answer was refused */
  ask(again: boolean): Promise<ReadonlyMap<string, string>>;
}

export interface DownloadDeps {
  readonly fetch: typeof fetch;
  /** Resolves after so many milliseconds. */
  readonly wait: (milliseconds: number) => Promise<void>;
}

/** A file can't be read although its address was signed again. */
export class FileMissingError extends Error {
  constructor(name: string) {
    super(`${name} can't be read`);
    this.name = "FileMissingError";
  }
}

/** How often a connection may break without a byte in between. */
const TRIES = 4;
const FIRST_WAIT = 500;

export interface Download {
  readonly files: readonly { readonly name: string; readonly size: number }[];
  readonly addresses: Addresses;
  readonly signal: AbortSignal;
  /** Called with how many bytes of all these files are here. */
  readonly progress: (bytes: number) => void;
}

/**
 * @returns the files' bytes by name
 * @throws OfflineError when the network stays away, FileMissingError, and what `ask` throws; the signal's reason when it was aborted
 */
export async function download(
  { files, addresses, signal, progress }: Download,
  deps: DownloadDeps,
): Promise<Map<string, Blob>> {
  const here = new Map<string, number>();
  const blobs = new Map<string, Blob>();
  await Promise.all(
    files.map(async ({ name }) => {
      const arrived = (bytes: number) => {
        here.set(name, bytes);
        progress([...here.values()].reduce((sum, some) => sum + some, 0));
      };
      blobs.set(name, await downloadOne({ name, addresses, signal, arrived }, deps));
    }),
  );
  return blobs;
}

interface One {
  readonly name: string;
  readonly addresses: Addresses;
  readonly signal: AbortSignal;
  readonly arrived: (bytes: number) => void;
}

/** A broken connection goes on where it broke, if the storage takes up there; a refused address is asked for once more. */
async function downloadOne({ name, addresses, signal, arrived }: One, deps: DownloadDeps): Promise<Blob> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  let url = (await addresses.ask(false)).get(name);
  let renewed = false;
  for (let tries = 1; ; ) {
    const before = bytes;
    try {
      const answer = url === undefined ? undefined : await deps.fetch(url, { signal, ...rest(bytes) });
      if (answer?.ok && answer.body !== null) {
        if (bytes > 0 && answer.status !== 206) {
          parts.length = 0;
          bytes = 0;
        }
        for await (const part of readParts(answer.body)) {
          parts.push(part);
          bytes += part.length;
          arrived(bytes);
        }
        return new Blob(parts);
      }
      if (answer === undefined || answer.status < 500) {
        if (renewed) throw new FileMissingError(name);
        renewed = true;
        url = (await addresses.ask(true)).get(name);
        continue;
      }
    } catch (error) {
      if (signal.aborted || error instanceof FileMissingError) throw error;
      // Fetch and its streams reject with TypeErrors when the network fails; other errors are the API's.
      if (!(error instanceof TypeError)) throw error;
    }
    tries = bytes > before ? 1 : tries + 1;
    if (tries > TRIES) throw new OfflineError(new Error(`${name} broke off`));
    await deps.wait(FIRST_WAIT * 2 ** (tries - 1));
    signal.throwIfAborted();
  }
}

function rest(from: number): RequestInit {
  return from === 0 ? {} : { headers: { range: `bytes=${from}-` } };
}

/** Streams are not iterable in every browser. */
async function* readParts(body: ReadableStream<Uint8Array<ArrayBuffer>>) {
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.releaseLock();
  }
}
