import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { putSamples, uploadMilliseconds } from "./putSamples.ts";

interface Call {
  readonly path: string;
  readonly key: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: what was sent, compared field by field
  readonly body: any;
}

/** Requests that a gateway, the storage behind its URLs and the token endpoint got. */
let calls: Call[] = [];
/** Keys that a job was submitted with, and the body. */
let submitted = new Map<string, string>();
const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  answer(request, Buffer.concat(chunks).toString(), response);
});

let origin: string;
let root: string;
let keyFile: string;
before(async () => {
  root = await mkdtemp(join(tmpdir(), "samples-"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  origin = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  keyFile = join(root, "key.json");
  await writeFile(
    keyFile,
    JSON.stringify({
      client_email: "admin@example.com",
      private_key: privateKey.export({ type: "pkcs8", format: "pem" }),
      token_uri: `${origin}/token`,
    }),
  );
});
after(async () => {
  server.close();
  await rm(root, { recursive: true, force: true });
});
beforeEach(() => {
  calls = [];
  submitted = new Map();
});

function answer(request: IncomingMessage, text: string, response: ServerResponse): void {
  const path = request.url ?? "";
  const send = (status: number, body: object) =>
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  if (path === "/token") return void send(200, { id_token: TOKEN });
  const { "idempotency-key": header, authorization } = request.headers;
  const key = typeof header === "string" ? header : undefined;
  calls.push({ path, key, body: path.startsWith("/v1/") ? JSON.parse(text) : text });
  if (path.startsWith("/put/")) return void response.writeHead(200).end();
  if (authorization !== `Bearer ${TOKEN}`) return void send(401, { code: "token_invalid" });
  const signed = { method: "PUT", url: `${origin}/put/${calls.length}`, headers: {} };
  const body = calls.at(-1)?.body;
  switch (path) {
    case "/v1/admin/uploads":
      return void send(201, { id: `upload${calls.length}`, ...signed });
    case "/v1/admin/samples": {
      const before = submitted.get(key ?? "none");
      if (before !== undefined && before !== text) return void send(422, { code: "idempotency_key_reused" });
      submitted.set(key ?? `none${calls.length}`, text);
      return void send(202, { id: "job" });
    }
    case "/v1/admin/samples/files": {
      const files = body.files.map(({ name }: { name: string }) => ({ name, ...signed }));
      return void send(200, { id: "resource", files });
    }
    default:
      if (body.title === "Edited")
        return void send(422, { code: "output_missing", detail: "another checksum" });
      return void send(200, { id: "resource" });
  }
}
/** Not signed: the gateway here only compares it. */
const TOKEN = ["{}", JSON.stringify({ exp: 4_000_000_000 }), "x"]
  .map((part) => Buffer.from(part).toString("base64url"))
  .join(".");

/** A folder with these samples' folders, and the files in each. */
async function samples(folders: Readonly<Record<string, Readonly<Record<string, string>>>>): Promise<string> {
  const directory = await mkdtemp(join(root, "set-"));
  for (const [folder, files] of Object.entries(folders)) {
    await mkdir(join(directory, folder));
    for (const [name, text] of Object.entries(files)) await writeFile(join(directory, folder, name), text);
  }
  return directory;
}

async function put(directory: string) {
  const lines: string[] = [];
  const { failed } = await putSamples(directory, { api: origin, keyFile }, (line) => lines.push(line));
  return { failed, lines };
}
const described = (title: string, rest: object = {}) => JSON.stringify({ kind: "scene", title, ...rest });

test("a set goes in without hidden files; a bad sample doesn't stop the next one", async () => {
  const directory = await samples({
    ".git": { HEAD: "x" },
    bad: { "sample.json": "{" },
    garden: { "sample.json": described("Garden"), "garden.glb": "glTF", ".DS_Store": "x" },
    nested: { "sample.json": described("Nested"), "a.glb": "glTF" },
  });
  await mkdir(join(directory, "nested", "textures"));
  await writeFile(join(directory, ".DS_Store"), "x");
  const { failed, lines } = await put(directory);
  assert.equal(failed, 2);
  assert.match(lines.find((line) => line.startsWith("bad: not put in")) ?? "", /JSON/);
  assert.match(lines.find((line) => line.startsWith("nested: not put in")) ?? "", /textures is a folder/);
  assert.ok(lines.includes("garden: it is resource resource"));
  assert.equal(lines.length, 3);
  const imported = calls.filter(({ path }) => path === "/v1/admin/samples/imports");
  assert.deepEqual(
    imported.map(({ body }) => body.files.map(({ name }: { name: string }) => name)),
    [["garden.glb"]],
  );
});

test("a sample with inputs is uploaded and submitted; a second run makes no second job", async () => {
  const inputs = { inputs: { video: "kitchen.mp4" } };
  const files = (title: string) => ({ "sample.json": described(title, inputs), "kitchen.mp4": "film" });
  const directory = await samples({ kitchen: files("Kitchen") });
  const first = await put(directory);
  assert.deepEqual(first, { failed: 0, lines: ["kitchen: the engine makes it, job job"] });
  assert.deepEqual(
    calls.map(({ path, body }) => [path, body]),
    [
      ["/v1/admin/uploads", { contentType: "video/mp4", size: 4 }],
      ["/put/1", "film"],
      ["/v1/admin/samples", { kind: "scene", title: "Kitchen", params: {}, inputs: { video: "upload1" } }],
    ],
  );
  assert.deepEqual(await put(directory), { failed: 0, lines: ["kitchen: it was submitted before"] });
  assert.equal(submitted.size, 1);
  assert.match([...submitted.keys()].join(), /^[\w-]{43}$/);
  await put(await samples({ kitchen: files("Another kitchen"), hall: files("Kitchen") }));
  assert.equal(submitted.size, 3);
});

test("files of a changed sample under its old name are refused with a hint at the name", async () => {
  const { failed, lines } = await put(
    await samples({ garden: { "sample.json": described("Edited"), "garden.glb": "glTF2" } }),
  );
  assert.equal(failed, 1);
  assert.match(lines.join(), /^garden: not put in: 422 output_missing.*another name\)$/);
});

test("the time for an upload grows with its size", () => {
  const megabits = (bytes: number, milliseconds: number) => (bytes * 8) / 1_000 / milliseconds;
  for (const bytes of [300e6, 2 * 1024 ** 3]) assert.ok(megabits(bytes, uploadMilliseconds(bytes)) < 0.5);
  assert.ok(uploadMilliseconds(1) >= 60_000);
});
