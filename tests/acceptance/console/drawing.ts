/** What of a page can only be seen: the colours in its pictures. And a browser that draws WebGL without a graphics card. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Locator, Page } from "playwright-core";
import sharp from "sharp";

/** Three dimensions by software; with `--disable-gpu` alone there are none. */
export const DRAWING_FLAGS = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"];

export type Colour = readonly [red: number, green: number, blue: number];

/** The mean colour around a point of an element, given as parts of its width and height. */
export async function colourAt(element: Locator, x: number, y: number): Promise<Colour> {
  const { data, info } = await pixels(element);
  const sums = [0, 0, 0];
  const radius = 4;
  for (let row = -radius; row <= radius; row++)
    for (let column = -radius; column <= radius; column++) {
      const at = ((Math.round(info.height * y) + row) * info.width + Math.round(info.width * x) + column) * 3;
      for (const channel of [0, 1, 2]) sums[channel] = (sums[channel] ?? 0) + (data[at + channel] ?? 0);
    }
  const [red = 0, green = 0, blue = 0] = sums.map((sum) => sum / (2 * radius + 1) ** 2);
  return [red, green, blue];
}

/** How much two pictures differ: the part of pixels that are clearly another colour. */
export function difference(one: Buffer, other: Buffer): number {
  if (one.length !== other.length) return 1;
  let changed = 0;
  for (let at = 0; at < one.length; at += 3)
    if ([0, 1, 2].some((channel) => Math.abs((one[at + channel] ?? 0) - (other[at + channel] ?? 0)) > 24))
      changed += 1;
  return (changed * 3) / one.length;
}

/** A part of what is in view of a page. */
export interface Clip {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Red, green and blue of each pixel of an element, or of what is in view of a page, or of a part of that. */
export async function pixelsOf(what: Locator | Page, clip?: Clip): Promise<Buffer> {
  return (await pixels(what, clip)).data;
}

async function pixels(element: Locator | Page, clip?: Clip) {
  const { data, info } = await sharp(await element.screenshot(clip === undefined ? {} : { clip }))
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, info };
}

/** The script of an emulated headset (iwer), which a page finds as `navigator.xr`; `headset` is its device. */
export function headsetScript(): string {
  const runtime = readFileSync(createRequire(import.meta.url).resolve("iwer/build/iwer.min.js"), "utf8");
  return `${runtime};
    globalThis.headset = new IWER.XRDevice(IWER.metaQuest3);
    headset.installRuntime({ forceInstall: true });
    globalThis.drawn = 0;
    for (const name of ["drawElements", "drawArrays"]) {
      const draw = WebGL2RenderingContext.prototype[name];
      WebGL2RenderingContext.prototype[name] = function (...args) {
        globalThis.drawn += 1;
        return draw.apply(this, args);
      };
    }
    globalThis.floors = [];
    globalThis.seen = [];
    const { requestReferenceSpace, requestAnimationFrame } = XRSession.prototype;
    XRSession.prototype.requestReferenceSpace = function (type) {
      // The others are for what iwer and three.js look up on the way.
      if (type.startsWith("local")) globalThis.floors.push(type);
      return requestReferenceSpace.call(this, type);
    };
    XRSession.prototype.requestAnimationFrame = function (callback) {
      return requestAnimationFrame.call(this, (...args) => {
        callback(...args);
        const gl = document.querySelector("canvas")?.getContext("webgl2");
        if (!gl || gl.isContextLost()) return;
        const brightest = (part) => {
          const pixel = new Uint8Array(4);
          const { drawingBufferWidth: width, drawingBufferHeight: height } = gl;
          gl.readPixels(Math.floor(width * part), height >> 1, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
          return Math.max(...pixel.subarray(0, 3));
        };
        globalThis.seen.push({ edge: brightest(0.01), middle: brightest(0.5) });
      });
    };`;
}

/** The parts of iwer's device that tests move. */
interface Headset {
  readonly activeSession: object | undefined;
  readonly position: { set(x: number, y: number, z: number): void };
  readonly controllers: {
    readonly right: {
      connected: boolean;
      readonly position: { set(x: number, y: number, z: number): void };
      readonly quaternion: { set(x: number, y: number, z: number, w: number): void };
      updateButtonValue(name: string, value: number): void;
      updateAxes(name: string, x: number, y: number): void;
    };
  };
}

/** Of a frame in the headset, the brightest of red, green and blue at the left edge of sight and in its middle. */
export interface Seen {
  readonly edge: number;
  readonly middle: number;
}

declare global {
  var headset: Headset;
  var drawn: number;
  /** The kinds of floor that were asked for. */
  var floors: string[];
  var seen: Seen[];
}

/** Waits until the page has drawn so many more frames in its session. A frame takes several draws. */
export async function framesDrawn(page: Page, frames = 2): Promise<void> {
  const before = await page.evaluate(() => globalThis.drawn);
  await page.waitForFunction((wanted) => globalThis.drawn > wanted, before + frames * 8);
}

/** The point of an element that is most purely green, from its corner. */
export async function greenest(element: Locator): Promise<{ readonly x: number; readonly y: number }> {
  const { data, info } = await pixels(element);
  let best = { x: 0, y: 0, pure: 0 };
  for (let at = 0; at < data.length; at += 3) {
    const pure = (data[at + 1] ?? 0) - (data[at] ?? 0) - (data[at + 2] ?? 0);
    const pixel = at / 3;
    if (pure > best.pure) best = { x: pixel % info.width, y: Math.floor(pixel / info.width), pure };
  }
  return best;
}
