import assert from "node:assert/strict";
import { test } from "node:test";
import { callerOf, unreached } from "#shared/platform/http/testing/caller.ts";
import { announceOutputsRoute } from "./announceOutputs.ts";
import { LEASE, PATH, token } from "./testing/lease.ts";

const FILE = { name: "scene.glb", contentType: "model/gltf-binary", size: 7 };

test("a signed request is answered for each file", async () => {
  const inputs: unknown[] = [];
  const signed = { name: FILE.name, method: "PUT" as const, url: "https://s.example/x", headers: {} };
  const route = announceOutputsRoute.performing(async (input) => {
    inputs.push(input);
    return [signed];
  }, LEASE);
  const body = { files: [FILE] };
  const { status, json } = await callerOf(route, {})("POST", `${PATH}/outputs`, { body, token });
  assert.deepEqual([status, json, inputs], [200, { files: [signed] }, [{ lease: LEASE, files: [FILE] }]]);
});

test("files that can't be, by number, size or type, are 400, and nothing is signed", async () => {
  const ask = callerOf(announceOutputsRoute.performing(unreached, LEASE), {});
  const typed = (rest: string) => [{ ...FILE, contentType: `${FILE.contentType};${rest}` }];
  const hostile = ["\0", "\r\nX-A: 1", "\ud800", "é", "x".repeat(100)].map(typed);
  for (const files of [
    ...[[], [{ ...FILE, size: 0 }], [{ ...FILE, name: "" }], Array(67).fill(FILE)],
    ...hostile,
  ])
    assert.equal((await ask("POST", `${PATH}/outputs`, { body: { files }, token })).status, 400);
});
