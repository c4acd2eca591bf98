import assert from "node:assert/strict";
import { test } from "node:test";
import { callerOf, PERSON, unreached } from "#shared/platform/http/testing/caller.ts";
import { createVrVideoRoute } from "./createVrVideo.ts";
import { ID } from "./testing/rows.ts";

const TRANSFORM = { position: [0, 1.6, -2], rotation: [0, 0, 0, 1], scale: [1, 1, 1] };
const body = (changes: object = {}) => ({
  title: " Together ",
  scene: { resourceId: ID, transform: TRANSFORM },
  avatars: [{ resourceId: ID, transform: TRANSFORM }],
  ...changes,
});

test("the stored answer goes out byte for byte; key and tidied body go in", async () => {
  const inputs: { userId: string; key: string | undefined; body: { title: string } }[] = [];
  const route = createVrVideoRoute.performing(async (input) => {
    inputs.push(input);
    return { status: 201, headers: { location: "/v1/vr-videos/x" }, body: '{"id": "x"}' };
  });
  const answer = await callerOf(route, {})("POST", "/v1/vr-videos", {
    body: body(),
    headers: { "idempotency-key": "k1" },
  });
  assert.deepEqual([answer.status, answer.text], [201, '{"id": "x"}']);
  assert.equal(answer.headers.get("location"), "/v1/vr-videos/x");
  assert.deepEqual(
    inputs.map(({ userId, key, body: { title } }) => ({ userId, key, title })),
    [{ userId: PERSON, key: "k1", title: "Together" }],
  );
});

test("vectors by name and one number as scale are taken for lists", async () => {
  const inputs: { body: { scene: { transform: unknown } } }[] = [];
  const route = createVrVideoRoute.performing(async (input) => {
    inputs.push(input);
    return { status: 201, body: "{}" };
  });
  const transform = { position: { x: 1, y: 2, z: 3 }, rotation: { x: 0, y: 0, z: 0, w: 1 }, scale: 2 };
  await callerOf(route, {})("POST", "/v1/vr-videos", {
    body: body({ scene: { resourceId: ID, transform } }),
  });
  assert.deepEqual(inputs[0]?.body.scene.transform, {
    position: [1, 2, 3],
    rotation: [0, 0, 0, 1],
    scale: [2, 2, 2],
  });
});

test("a body that can't be a VR video is 400 and names the field; nothing is made", async () => {
  const ask = callerOf(createVrVideoRoute.performing(unreached), {});
  const wrong: [object, string][] = [
    [{ title: "" }, "title"],
    [{ title: "a\u0000b" }, "title"],
    [{ avatars: [] }, "avatars"],
    [{ scene: { resourceId: "x", transform: TRANSFORM } }, "scene.resourceId"],
    [
      { scene: { resourceId: ID, transform: { ...TRANSFORM, rotation: [1, 1, 1, 1] } } },
      "scene.transform.rotation",
    ],
    [{ scene: { resourceId: ID, transform: { ...TRANSFORM, scale: 0 } } }, "scene.transform.scale"],
  ];
  for (const [changes, path] of wrong) {
    const { status, json } = await ask("POST", "/v1/vr-videos", { body: body(changes) });
    assert.equal(status, 400);
    assert.deepEqual(
      json.errors.map((issue: { path: string }) => issue.path),
      [path],
    );
  }
});

test("a list of another length is refused in words that name both forms", async () => {
  const ask = callerOf(createVrVideoRoute.performing(unreached), {});
  const scene = (changes: object) => ({ resourceId: ID, transform: { ...TRANSFORM, ...changes } });
  const position = await ask("POST", "/v1/vr-videos", { body: body({ scene: scene({ position: [1, 2] }) }) });
  assert.deepEqual(position.json.errors, [
    { path: "scene.transform.position", message: "expected [x, y, z] or {x, y, z}" },
  ]);
  const rotation = await ask("POST", "/v1/vr-videos", { body: body({ scene: scene({ rotation: [1] }) }) });
  assert.deepEqual(rotation.json.errors, [
    { path: "scene.transform.rotation", message: "expected [x, y, z, w] or {x, y, z, w}" },
  ]);
});
