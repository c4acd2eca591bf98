import assert from "node:assert/strict";
import { test } from "node:test";
import { createFileSigner } from "./signedFiles.ts";
import { resourceRow } from "./testing/rows.ts";

test("a file that can't be signed is there without a URL; the others have theirs", async () => {
  const [model] = resourceRow().files;
  assert.ok(model);
  const expiresAt = new Date("2026-03-01T10:07:00Z");
  const signer = createFileSigner(
    {
      urlOf: async (object) =>
        object === "away" ? undefined : { url: `https://storage.example/${object}`, expiresAt },
    },
    () => new Date("2026-03-01T10:00:00Z"),
  );
  const { files, urlsExpireAt } = await signer.sign([model, { ...model, name: "b.json", object: "away" }]);
  assert.deepEqual(
    files.map(({ name, url }) => [name, url]),
    [
      ["scene.glb", "https://storage.example/spaces/s/scene.glb"],
      ["b.json", undefined],
    ],
  );
  assert.equal("url" in (files[1] ?? {}), false);
  assert.equal(urlsExpireAt, expiresAt.toISOString(), "of the URL that ends first");
});
