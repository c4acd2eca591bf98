import { copyFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { EngineClient } from "#engine/kit/client.ts";
import { startEngine } from "#engine/kit/engine.ts";
import { serviceAccountTokens } from "#engine/kit/idToken.ts";
import { type Work, WorkError } from "#engine/kit/work.ts";
import { systemClock } from "#shared/platform/clock.ts";
import { createLogger } from "#shared/platform/log/logger.ts";

const [api = "", keyFile = "", workDir = ""] = process.argv.slice(2);
const client = new EngineClient(api, serviceAccountTokens({ keyFile, audience: api, clock: systemClock }));

const keepFace: Work = async ({ inputs: { face }, outDir, onProgress }) => {
  if (face === undefined) throw new WorkError("input_missing", "The photo of the face is missing.");
  onProgress(0.1, "copying");
  const path = join(outDir, "avatar.jpg");
  await copyFile(face, path);
  return { files: [{ name: "avatar.jpg", contentType: "image/jpeg", path, size: (await stat(path)).size }] };
};

const work = new Map([["avatar", keepFace]]);
const engine = await startEngine({ client, engineId: "example", work, workDir, log: createLogger("info") });
process.once("SIGTERM", () => void engine.stop());
