/** What a deployment answers to anyone: it needs the one origin and no people, engines or stand-ins. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { problemSchema } from "#shared/platform/http/problem.ts";
import { origin } from "./cloud.ts";

const api = origin();
const descriptionSchema = z.object({
  paths: z.record(z.string(), z.record(z.string(), z.object({ "x-access": z.string() }))),
});

test("the status says how many engines there are and how long the lines are", async () => {
  const answer = await fetch(`${api}/v1/status`);
  assert.equal(answer.status, 200);
  const status = z.object({ engines: z.object({ idle: z.number() }), at: z.iso.datetime() });
  assert.ok(status.safeParse(await answer.json()).success);
});

test("public keys are there, and no private part of one", async () => {
  const answer = await fetch(`${api}/v1/auth/jwks.json`);
  assert.equal(answer.status, 200);
  const { keys } = z
    .object({ keys: z.array(z.record(z.string(), z.unknown())).min(1) })
    .parse(await answer.json());
  assert.ok(keys.every((key) => key.alg === "ES256" && !("d" in key)));
});

test("the API's description and its page are served", async () => {
  const [description, page] = await Promise.all([fetch(`${api}/v1/openapi.json`), fetch(`${api}/docs`)]);
  assert.ok(descriptionSchema.safeParse(await description.json()).success);
  assert.equal(page.status, 200);
  assert.match(page.headers.get("content-security-policy") ?? "", /default-src 'none'/);
});

test("each function behind the origin answers, and refuses who has no token", async () => {
  const { paths } = descriptionSchema.parse(await (await fetch(`${api}/v1/openapi.json`)).json());
  const asked = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(([method, operation]) => method === "get" && operation["x-access"] !== "public")
      .map(() => path.replaceAll(/\{\w+\}/g, "00000000000000000000000000")),
  );
  assert.ok(asked.length > 10);
  for (const path of asked) {
    const answer = await fetch(api + path);
    assert.equal(answer.status, 401, path);
    assert.equal(problemSchema.parse(await answer.json()).status, 401, path);
  }
});

test("a path that no route has is a problem document", async () => {
  const answer = await fetch(`${api}/v1/nowhere`);
  assert.equal(answer.status, 404);
  assert.match(answer.headers.get("content-type") ?? "", /^application\/problem\+json/);
});
