import { openAsBlob } from "node:fs";
import { open } from "node:fs/promises";
import type { LeaseInput, SignedUpload } from "./client.ts";
import { Crc32c } from "./crc32c.ts";
import { retrying } from "./retry.ts";

/** A transfer that won't work by trying again with the same URL. */
export class TransferRefusedError extends Error {
  readonly status: number | undefined;

  constructor(message: string, status?: number) {
    super(message);
    this.name = "TransferRefusedError";
    this.status = status;
  }
}

const ATTEMPTS = 6;
/** Nothing arriving for this long is a broken connection. */
const SILENCE_MS = 30_000;

/**
 * Streams an input to `path` and proves it: exactly the promised size and CRC32C. A connection that breaks is resumed where it broke.
 * @param onBytes gets how many bytes have arrived so far
 * @throws TransferRefusedError when storage refuses, or what arrived isn't what was promised
 */
export async function download(
  input: LeaseInput,
  path: string,
  signal: AbortSignal,
  onBytes: (received: number) => void,
): Promise<void> {
  await using file = await open(path, "w");
  const arrived = { bytes: 0, sum: new Crc32c() };
  let before = 0;
  // A large file over a bad line may break many times: only attempts in a row that brought nothing count.
  const gotFurther = () => {
    const further = arrived.bytes > before;
    before = arrived.bytes;
    return further;
  };
  await retrying({ ...rules, gotFurther, signal }, async () => {
    using silence = silenceTimer();
    const answer = await fetch(input.url, {
      headers: {
        "accept-encoding": "identity",
        ...(arrived.bytes > 0 ? { range: `bytes=${arrived.bytes}-` } : {}),
      },
      signal: AbortSignal.any([signal, silence.signal]),
    });
    if (!answer.ok || answer.body === null) throw await refusal(answer, "download");
    if (answer.status !== 206 && arrived.bytes > 0) {
      arrived.bytes = 0;
      arrived.sum = new Crc32c();
    }
    for await (const chunk of answer.body) {
      silence.restart();
      if (arrived.bytes + chunk.length > input.size) {
        throw new TransferRefusedError("the input is larger than the lease says");
      }
      await file.write(chunk, 0, chunk.length, arrived.bytes);
      arrived.sum.update(chunk);
      arrived.bytes += chunk.length;
      onBytes(arrived.bytes);
    }
    if (arrived.bytes < input.size) throw new Error("the input's connection ended early");
  });
  if (arrived.sum.base64() !== input.crc32c) throw new TransferRefusedError("the input's checksum is wrong");
}

/**
 * Uploads a file by its signed URL. A 412 means that this object is there already: an earlier attempt of ours arrived although its
 * answer did not (the name carries our lease's number, so no other engine may write it), and `complete` compares its checksum.
 */
export async function upload(file: string, signed: SignedUpload, signal: AbortSignal): Promise<void> {
  await retrying({ ...rules, signal }, async () => {
    const answer = await fetch(signed.url, {
      method: signed.method,
      headers: signed.headers,
      // A blob of unknown type adds no content-type of its own, and is read from disk while it is sent.
      body: await openAsBlob(file),
      signal,
    });
    if (answer.status === 412) return;
    if (!answer.ok) throw await refusal(answer, "upload");
    await answer.body?.cancel();
  });
}

const rules = {
  attempts: ATTEMPTS,
  baseSeconds: 0.5,
  maxSeconds: 20,
  worthwhile: (error: unknown) => (error instanceof TransferRefusedError ? undefined : 0),
};

async function refusal(answer: Response, doing: string): Promise<Error> {
  await answer.body?.cancel();
  const message = `storage answered the ${doing} with ${answer.status}`;
  const passing = answer.status >= 500 || answer.status === 429 || answer.status === 408;
  return passing ? new Error(message) : new TransferRefusedError(message, answer.status);
}

function silenceTimer() {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new Error("the connection fell silent")), SILENCE_MS);
  timer.unref();
  return {
    signal: controller.signal,
    restart: () => timer.refresh(),
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}
