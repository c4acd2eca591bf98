import { z } from "zod";
import type { ConversionTask, Converted } from "#engine/reference/conversion.ts";
import { ConversionError } from "#engine/reference/conversionError.ts";
import { saveResult } from "../saveResult.ts";
import { buildFigure } from "./figure.ts";
import { type PhotoShape, readPhoto } from "./photo.ts";

const paramsSchema = z.object({ gender: z.enum(["female", "male", "neutral"]).default("neutral") });

/** Usual heights of adults in metres, rounded. */
const heights = { female: 1.63, male: 1.75, neutral: 1.69 };
const bodyShape: PhotoShape = { longSide: 1600, widest: 0.75, narrowest: 0.3 };
const faceShape: PhotoShape = { longSide: 800, widest: 1, narrowest: 0.7 };

/** Turns the photos at `inputs.face` and `inputs.body` into a standing figure of usual height; writes `avatar.glb`. */
export async function buildAvatar(task: ConversionTask): Promise<Converted> {
  const params = paramsSchema.safeParse(task.params);
  if (!params.success) {
    throw new ConversionError("params_invalid", "The job's settings can't be used.", { cause: params.error });
  }
  const { face: facePath, body: bodyPath } = task.inputs;
  if (facePath === undefined || bodyPath === undefined) {
    throw new ConversionError(
      "input_missing",
      "Both photos are needed: one of the face and one of the body.",
    );
  }
  task.onProgress(0.1, "reading");
  const face = await readPhoto(facePath, "face", faceShape);
  task.onProgress(0.4, "reading");
  const body = await readPhoto(bodyPath, "body", bodyShape);
  task.signal.throwIfAborted();
  task.onProgress(0.7, "building");
  const heightMetres = heights[params.data.gender];
  const glb = await buildFigure({ face, body, heightMetres });
  const files = [await saveResult(task.outDir, "avatar.glb", "model/gltf-binary", glb)];
  task.onProgress(1, "built");
  return { files, data: { heightMetres, gender: params.data.gender } };
}
