/** Decodes a photo in HEIC, in a worker, since it takes seconds. Loaded only for a browser that can't read such photos. */
import makeLibheif from "libheif-js/libheif-wasm/libheif.js";
import wasmUrl from "libheif-js/libheif-wasm/libheif.wasm?url";

/** What libheif adds to its module in JavaScript; its own types have only the functions in C. */
interface Libheif {
  readonly HeifDecoder: new () => { decode(file: Uint8Array): readonly HeifImage[] };
}
interface HeifImage {
  get_width(): number;
  get_height(): number;
  is_primary(): boolean;
  /** Turned and mirrored as the file says. @param done gets null when it can't be decoded */
  display(into: Pixels, done: (into: Pixels | null) => void): void;
}

/** Rows of red, green, blue and alpha, a byte each. */
export interface Pixels {
  readonly data: Uint8ClampedArray<ArrayBuffer>;
  readonly width: number;
  readonly height: number;
}

addEventListener("message", ({ data }: MessageEvent<Blob>) => {
  decode(data).then(
    (pixels) => postMessage(pixels, { transfer: [pixels.data.buffer] }),
    () => postMessage(undefined),
  );
});

async function decode(file: Blob): Promise<Pixels> {
  const [bytes, wasm] = await Promise.all([file.arrayBuffer(), fetch(wasmUrl)]);
  if (!wasm.ok) throw new Error(`the decoder was not loaded: ${wasm.status}`);
  // As the library's JavaScript has it, which its types leave out.
  const libheif = makeLibheif({ wasmBinary: await wasm.arrayBuffer() }) as unknown as Libheif;
  const images = new libheif.HeifDecoder().decode(new Uint8Array(bytes));
  const image = images.find((each) => each.is_primary()) ?? images[0];
  if (image === undefined) throw new Error("there is no picture in it");
  const [width, height] = [image.get_width(), image.get_height()];
  const pixels: Pixels = { data: new Uint8ClampedArray(width * height * 4), width, height };
  await new Promise<void>((resolve, reject) =>
    image.display(pixels, (shown) => (shown === null ? reject(new Error("not decoded")) : resolve())),
  );
  return pixels;
}
