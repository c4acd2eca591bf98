import type { Frame } from "node-av/lib";
import { FilterChain, frameShape } from "../frames/filterChain.ts";
import { type Look, lookAt } from "./look.ts";

/** Small enough to be cheap, large enough that a blur of a few pixels in full HD shows. */
const LONG_SIDE = 384;

/** Looks at decoded pictures in a small size. One filter chain serves as long as the pictures keep their shape. */
export class FrameLooker implements Disposable {
  #chain: FilterChain | undefined;
  #shape = "";

  look(frame: Frame): Look {
    const shape = frameShape(frame);
    if (this.#chain === undefined || shape !== this.#shape) {
      this.#chain?.[Symbol.dispose]();
      this.#chain = new FilterChain(`scale=${smallSize(frame)}:flags=area,format=yuv444p`, frame);
      this.#shape = shape;
    }
    using small = this.#chain.run(frame);
    const { width, height } = small;
    const pixels = small.toBuffer();
    const plane = (index: number) => pixels.subarray(index * width * height, (index + 1) * width * height);
    return lookAt({ width, height, planes: [plane(0), plane(1), plane(2)] });
  }

  [Symbol.dispose](): void {
    this.#chain?.[Symbol.dispose]();
  }
}

function smallSize({ width, height }: Frame): string {
  const factor = Math.min(1, LONG_SIDE / Math.max(width, height));
  const side = (length: number) => Math.max(2, Math.round(length * factor));
  return `${side(width)}:${side(height)}`;
}
