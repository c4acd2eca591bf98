import { FFmpegError } from "node-av/lib";
import sharp from "sharp";
import { z } from "zod";
import type { ConversionTask, Converted } from "#engine/reference/conversion.ts";
import { ConversionError } from "#engine/reference/conversionError.ts";
import { saveResult } from "../saveResult.ts";
import { Album, type Leaf } from "./album.ts";
import { FrameLooker } from "./frameLook.ts";
import { developPicture, type Picture } from "./picture.ts";
import { buildRoom } from "./room.ts";
import { type DecodedPicture, Video } from "./video.ts";
import { type View, ViewFinder } from "./views.ts";

const paramsSchema = z.object({ location: z.enum(["indoor", "outdoor", "unbound"]).default("unbound") });

/** The most pictures one room holds: more would be too small to look at. */
const MOST_PANELS = 12;
/** Views remembered while the video is read; more than are hung up, so that an early choice can be corrected. */
const ALBUM = 18;
const TEXTURE_SIDE = 1600;
const POSTER_SIDE = 1280;
/** What part of the work decoding is. */
const DECODING = 0.9;

/**
 * Turns the video at `inputs.video` into a room one can stand in: the sharpest picture of each view hangs around the viewer in
 * order of time. Writes `scene.glb` and `poster.jpg`. Memory doesn't grow with the length of the video.
 */
export async function buildScene(task: ConversionTask): Promise<Converted> {
  const { location } = readParams(task.params);
  const path = task.inputs.video;
  if (path === undefined) throw new ConversionError("input_missing", "The video is missing.");
  await using video = await Video.open(path, task.limits.maxPixels);
  const { leaves, lastSeconds, inTime } = await collect(video, task);
  if (leaves.length === 0) {
    throw new ConversionError(
      "video_unreadable",
      "No picture of this video can be shown; the file seems to be damaged. Please upload it again.",
    );
  }

  task.onProgress(DECODING, "building");
  const pictures = leaves.map(({ view, picture }) => ({ ...picture, timeSeconds: round(view.timeSeconds) }));
  const files = [
    await saveResult(task.outDir, "scene.glb", "model/gltf-binary", await buildRoom(pictures, location)),
    await saveResult(task.outDir, "poster.jpg", "image/jpeg", await poster(leaves)),
  ];
  task.signal.throwIfAborted();
  task.onProgress(1, "built");
  const { durationSeconds, codec } = video.facts;
  const [first] = pictures;
  return {
    files,
    data: {
      durationSeconds: round(durationSeconds ?? lastSeconds),
      incomplete: !inTime || endedEarly(video),
      codec,
      width: first?.width,
      height: first?.height,
      views: leaves.map(({ view }) => ({
        timeSeconds: round(view.timeSeconds),
        fromSeconds: round(view.from),
        untilSeconds: round(view.until),
        sharpness: round(view.look.sharpness),
      })),
    },
  };
}

/** Whether the file ended well before the video it announces. */
function endedEarly({ facts, fraction }: Video): boolean {
  const missing = (1 - fraction) * (facts.durationSeconds ?? 0);
  return fraction < 0.95 && missing > 0.5;
}

function readParams(params: ConversionTask["params"]) {
  const { data, error } = paramsSchema.safeParse(params);
  if (!data)
    throw new ConversionError("params_invalid", "The job's settings can't be used.", { cause: error });
  return data;
}

/** Reads the video once and keeps the developed pictures of its most different views. */
async function collect(video: Video, task: ConversionTask) {
  const timeIsUp = AbortSignal.timeout(task.limits.decodeSeconds * 1000);
  const album = new Album<Picture>(ALBUM);
  const finder = new ViewFinder();
  using looker = new FrameLooker();
  using held = new HeldPicture();
  let lastSeconds = 0;
  const keep = async (view: View | undefined) => {
    const { picture } = held;
    if (!view || !picture || !album.wants(view)) return;
    const developed = await unlessUnshowable(() => developPicture(picture, TEXTURE_SIDE));
    if (developed) album.add(view, developed);
  };
  for await (const picture of video.pictures(AbortSignal.any([task.signal, timeIsUp]))) {
    lastSeconds = Math.max(lastSeconds, picture.timeSeconds);
    const look = await unlessUnshowable(() => looker.look(picture.frame));
    if (!look) continue;
    const { ended, best } = finder.see(look, picture.timeSeconds, picture.damaged);
    await keep(ended);
    if (best) held.hold(picture);
    task.onProgress(DECODING * video.fraction, "decoding");
  }
  task.signal.throwIfAborted();
  await keep(finder.end());
  return { leaves: album.leaves(MOST_PANELS), lastSeconds, inTime: !timeIsUp.aborted };
}

/** Undefined for a picture that FFmpeg decodes but can't show: the others may be sound, and without any the file is to blame. */
async function unlessUnshowable<T>(show: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await show();
  } catch (error) {
    if (error instanceof FFmpegError) return undefined;
    throw error;
  }
}

/** The sharpest picture of the view that is being shown, by reference: its pixels aren't copied. */
class HeldPicture implements Disposable {
  picture: DecodedPicture | undefined;

  hold(picture: DecodedPicture): void {
    this.picture?.frame.free();
    const frame = picture.frame.clone();
    this.picture = frame ? { ...picture, frame } : undefined;
  }

  [Symbol.dispose](): void {
    this.picture?.frame.free();
  }
}

/** The sharpest of all pictures, for lists and messages. */
async function poster(leaves: readonly Leaf<Picture>[]): Promise<Buffer> {
  const [best] = leaves.toSorted((one, other) => other.view.look.sharpness - one.view.look.sharpness);
  return await sharp(best?.picture.jpeg)
    .resize(POSTER_SIDE, POSTER_SIDE, { fit: "inside", withoutEnlargement: true })
    .jpeg({ quality: 80 })
    .toBuffer();
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
