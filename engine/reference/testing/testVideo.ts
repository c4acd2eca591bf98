/** Small videos of every sort for tests, drawn so that a picture shows whether it is upright, mirrored or stretched. */
import sharp from "sharp";
import { type Footage, type FootageFrame, writeFootage } from "../footage.ts";

export interface TestVideo extends Partial<Omit<Footage, "frames" | "width" | "height">> {
  /** As a person should see it. */
  readonly width?: number;
  readonly height?: number;
  /** How many different views, one after the other. */
  readonly views?: number;
  readonly secondsPerView?: number;
  readonly framesPerSecond?: number;
  /** Whether `turn` is written as the `rotate` tag of older files instead of the display matrix. */
  readonly turnAsTag?: boolean;
  /** When each picture is shown, instead of evenly. */
  readonly times?: readonly number[];
}

/** Writes the video; its coded pictures are turned so that `turn` makes them upright again, and squeezed as `pixelAspect` says. */
export async function makeTestVideo(path: string, options: TestVideo = {}): Promise<void> {
  const { width = 320, height = 180, views = 1, secondsPerView = 1, framesPerSecond = 25 } = options;
  const { turn = 0, turnAsTag = false, pixelAspect = { num: 1, den: 1 }, times, ...footage } = options;
  const shown = { width: Math.round((width * pixelAspect.den) / pixelAspect.num), height };
  const pictures = await Promise.all(
    Array.from({ length: views }, async (_, view) => {
      const picture = await sharp(await drawView(view, width, height))
        .resize(shown.width, shown.height, { fit: "fill" })
        .toBuffer();
      return await sharp(picture).rotate(-turn).removeAlpha().raw().toBuffer();
    }),
  );
  const sideways = turn === 90 || turn === 270;
  const count = Math.round(views * secondsPerView * framesPerSecond);
  const shownAt = times ?? Array.from({ length: count }, (_, index) => index / framesPerSecond);
  function* frames(): Generator<FootageFrame> {
    for (const timeSeconds of shownAt) {
      const pixels = pictures[Math.min(views - 1, Math.floor(timeSeconds / secondsPerView + 1e-6))];
      if (pixels) yield { timeSeconds, pixels };
    }
  }
  await writeFootage(path, {
    ...footage,
    pixelAspect,
    ...(turnAsTag ? { tags: { rotate: String(turn) } } : { turn }),
    frames: frames(),
    width: sideways ? shown.height : shown.width,
    height: sideways ? shown.width : shown.height,
  });
}

/** What lies in the corners of each view: upper left, upper right, lower left, lower right. */
const corners = ["#d02020", "#20a020", "#2040d0", "#e8e8e8"] as const;

async function drawView(view: number, width: number, height: number): Promise<Buffer> {
  const boxes = corners.map((colour, index) => {
    const x = index % 2 === 0 ? 0 : width * 0.75;
    const y = index < 2 ? 0 : height * 0.75;
    return `<rect x="${x}" y="${y}" width="${width / 4}" height="${height / 4}" fill="${colour}"/>`;
  });
  const ground = ["#777777", "#c9a227", "#1f4d3a", "#6a2c70", "#a7d0e8", "#3b2a20"][view % 6];
  const marks = Array.from({ length: 9 }, (_, index) => {
    const x = width * (0.28 + 0.05 * ((index * (view + 2)) % 9));
    const y = height * (0.28 + 0.05 * ((index * (2 * view + 5)) % 9));
    return `<circle cx="${x}" cy="${y}" r="${height * 0.03}" fill="${index % 2 ? "#000" : "#fff"}"/>`;
  });
  return await sharp(
    Buffer.from(
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="${ground}"/>${boxes.join("")}${marks.join("")}</svg>`,
    ),
  )
    .png()
    .toBuffer();
}

/** Whether the picture's corners are where `makeTestVideo` drew them; the codec may have changed the shades. */
export async function isUpright(jpeg: Uint8Array): Promise<boolean> {
  const { data, info } = await sharp(jpeg).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number) => {
    const offset = (Math.floor(y * info.height) * info.width + Math.floor(x * info.width)) * info.channels;
    const [red = 0, green = 0, blue = 0] = data.subarray(offset, offset + 3);
    if (Math.min(red, green, blue) > 150) return "white";
    const most = Math.max(red, green, blue);
    if (most === red) return "red";
    return most === green ? "green" : "blue";
  };
  const seen = [at(0.1, 0.1), at(0.9, 0.1), at(0.1, 0.9), at(0.9, 0.9)].join();
  return seen === "red,green,blue,white";
}
