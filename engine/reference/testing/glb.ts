import { type Document, NodeIO } from "@gltf-transform/core";
import validator from "gltf-validator";
import { z } from "zod";
import { Unlit } from "../gltf/unlit.ts";

const reportSchema = z.object({
  issues: z.object({
    numErrors: z.number(),
    numWarnings: z.number(),
    messages: z.array(z.object({ code: z.string(), message: z.string(), severity: z.number() })),
  }),
});

/** What the Khronos glTF validator finds wrong: its errors and warnings, each as `CODE: message`. */
export async function faultsOf(glb: Uint8Array): Promise<readonly string[]> {
  const INFORMATION = 2;
  const report = reportSchema.parse(await validator.validateBytes(new Uint8Array(glb)));
  return report.issues.messages
    .filter(({ severity }) => severity < INFORMATION)
    .map(({ code, message }) => `${code}: ${message}`);
}

export async function readGlb(glb: Uint8Array): Promise<Document> {
  return await new NodeIO().registerExtensions([Unlit]).readBinary(new Uint8Array(glb));
}
