import assert from "node:assert/strict";
import { mkdir, mkdtemp, open, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import sharp from "sharp";
import { kinds } from "#shared/kinds/index.ts";
import { problemOfInput } from "#shared/kinds/inputRules.ts";
import { isOneOf } from "#shared/platform/media/mediaTypes.ts";
import { FIRST_BYTES, sniffType } from "#shared/platform/media/sniff.ts";
import { isTaken } from "#shared/uploads/acceptance.ts";
import { defaultLimits } from "./conversion.ts";
import { converters } from "./converters.ts";
import { patches, seenPatches } from "./testing/colourClip.ts";
import { readGlb } from "./testing/glb.ts";
import { photoSamples } from "./testing/photoSamples.ts";
import { isUpright, makeTestVideo } from "./testing/testVideo.ts";
import { videoSamples } from "./testing/videoSamples.ts";

let directory: string;
let cases = 0;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), "media-types-test-"));
});
after(() => rm(directory, { recursive: true, force: true }));

/** What the gateway says of a file, as ingest and the queue ask: the type it sees, and whether that is taken for this role. */
async function judged(path: string, kind: string, role: string): Promise<string> {
  await using file = await open(path);
  const { size } = await stat(path);
  const start = Buffer.alloc(Math.min(FIRST_BYTES, size));
  await file.read(start, 0, start.length, 0);
  const contentType = (await sniffType(start)) ?? "unknown";
  assert.ok(isTaken(kinds, contentType), `${contentType} is rejected`);
  const rules = kinds.get(kind);
  assert.ok(rules);
  assert.equal(problemOfInput(rules, role, { contentType, size }), undefined);
  return contentType;
}

/** Runs a converter in this process; gives its directory of results. */
async function convert(kind: string, inputs: Readonly<Record<string, string>>): Promise<string> {
  const outDir = join(directory, `out-${cases++}`);
  await mkdir(outDir);
  const converter = converters.get(kind);
  assert.ok(converter);
  const signal = AbortSignal.timeout(20_000);
  await converter({ inputs, params: {}, outDir, limits: defaultLimits, onProgress: () => {}, signal });
  return outDir;
}

for (const [type, samples] of Object.entries(videoSamples)) {
  for (const [name, video] of samples) {
    test(`${type}, ${name}: taken by the gateway and shown by the engine`, async () => {
      const path = join(directory, name);
      await makeTestVideo(path, video);
      const seen = await judged(path, "scene", "video");
      assert.ok(isOneOf([type], seen), `seen as ${seen}`);
      const outDir = await convert("scene", { video: path });
      assert.equal(await isUpright(await readFile(join(outDir, "poster.jpg"))), true);
    });
  }
}

/** How far the patches of a picture are from what was drawn, of 255. */
async function worstPatch(jpeg: Uint8Array): Promise<number> {
  const { data, info } = await sharp(jpeg).raw().toBuffer({ resolveWithObject: true });
  const seen = seenPatches(data, info.width, info.height);
  const far = patches.flatMap((patch, index) =>
    patch.map((value, at) => Math.abs(value - (seen[index]?.[at] ?? 0))),
  );
  return Math.max(...far);
}

for (const [type, samples] of Object.entries(photoSamples)) {
  for (const [name, make, within = 22] of samples) {
    test(`${type}, ${name}: taken by the gateway and shown by the engine`, async () => {
      const path = join(directory, name);
      await writeFile(path, await make(join(directory, "scratch.mp4")));
      const seen = await judged(path, "avatar", "face");
      assert.ok(isOneOf([type], seen), `seen as ${seen}`);
      const outDir = await convert("avatar", { face: path, body: path });
      const textures = (await readGlb(await readFile(join(outDir, "avatar.glb")))).getRoot().listTextures();
      assert.equal(textures.length, 2);
      for (const texture of textures) {
        const worst = await worstPatch(texture.getImage() ?? new Uint8Array());
        assert.ok(worst <= within, `off by ${worst}`);
      }
    });
  }
}
