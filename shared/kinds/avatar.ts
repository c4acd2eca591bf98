import { z } from "zod";
import { photoTypes } from "../platform/media/mediaTypes.ts";
import { freeData, type Kind, MEBIBYTE } from "./kind.ts";

const photo = {
  contentTypes: Object.keys(photoTypes),
  maxBytes: 64 * MEBIBYTE,
};

/** Two photos, of a face and of the body, become a standing figure. */
export const avatar: Kind = {
  name: "avatar",
  params: z.strictObject({
    gender: z.enum(["female", "male", "neutral"]).default("neutral"),
  }),
  inputs: { face: photo, body: photo },
  outputs: {
    "avatar.glb": { contentTypes: ["model/gltf-binary"], maxBytes: 256 * MEBIBYTE, required: true },
  },
  result: freeData,
  vrRole: "avatar",
  maxAttempts: 3,
  backoff: { baseSeconds: 30, maxSeconds: 1800 },
  leaseCeilingSeconds: 2 * 3600,
  usualSeconds: 900,
  weight: 1,
};
