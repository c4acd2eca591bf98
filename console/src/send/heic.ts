/** Reads photos in HEIC, which phones take, where the browser can't. */
import type { Pixels } from "./heicWorker.ts";

/** @returns undefined when it can't be read, also when what reads it could not be loaded */
export async function readHeic(file: Blob): Promise<ImageBitmap | undefined> {
  const worker = new Worker(new URL("./heicWorker.ts", import.meta.url), { type: "module" });
  try {
    const pixels = await new Promise<Pixels | undefined>((resolve, reject) => {
      worker.addEventListener("message", ({ data }: MessageEvent<Pixels | undefined>) => resolve(data));
      worker.addEventListener("error", reject);
      worker.postMessage(file);
    });
    if (pixels === undefined) return undefined;
    return await createImageBitmap(new ImageData(pixels.data, pixels.width, pixels.height));
  } catch {
    return undefined;
  } finally {
    worker.terminate();
  }
}
