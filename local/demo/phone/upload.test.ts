import assert from "node:assert/strict";
import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type CreatedUpload, sendFile } from "./upload.ts";

/** A Cloud Storage that knows three URLs: one that has ended, one that is good, one that is refused. */
const received: string[] = [];
const server = createServer(async (request, response) => {
  const path = request.url ?? "";
  let bytes = 0;
  for await (const chunk of request) bytes += chunk.length;
  received.push(`${request.method} ${path} ${bytes}`);
  if (path === "/ended") return response.writeHead(400).end("<Error><Code>ExpiredToken</Code></Error>");
  if (path === "/refused") return response.writeHead(403).end("<Error><Code>AccessDenied</Code></Error>");
  if (request.method === "POST") response.setHeader("location", `${origin}/session`);
  return response.writeHead(request.method === "POST" ? 201 : 200).end();
});
let origin: string;
let dir: string;
before(async () => {
  dir = await mkdtemp(join(tmpdir(), "phone-"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  origin = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
});
after(async () => {
  server.close();
  await rm(dir, { recursive: true, force: true });
});

const uploadAt = (path: string): CreatedUpload => ({
  id: "upload",
  method: "PUT",
  url: `${origin}${path}`,
  headers: {},
  expiresAt: "2026-03-01T10:00:00Z",
  resumable: { url: `${origin}${path}`, headers: {} },
});

async function send(path: string, bytes: number, renewedPath: string): Promise<number> {
  received.length = 0;
  const file = join(dir, "film.mp4");
  await writeFile(file, "");
  await truncate(file, bytes);
  let renewals = 0;
  const renew = async () => {
    renewals += 1;
    return uploadAt(renewedPath);
  };
  await sendFile(uploadAt(path), file, renew);
  return renewals;
}

test("a small file goes to its URL, and to a renewed one when that has ended", async () => {
  assert.equal(await send("/good", 5, "/good"), 0);
  assert.deepEqual(received, ["PUT /good 5"]);
  assert.equal(await send("/ended", 5, "/good"), 1);
  assert.deepEqual(received, ["PUT /ended 5", "PUT /good 5"]);
});

test("a large file's session is started at a renewed URL when the first has ended", async () => {
  assert.equal(await send("/ended", 8 * 1024 * 1024, "/good"), 1);
  assert.deepEqual(received.slice(0, 2), ["POST /ended 0", "POST /good 0"]);
});

test("a URL that is refused, or has ended again, is an error and no second renewal", async () => {
  await assert.rejects(send("/refused", 5, "/good"), /refused: 403 AccessDenied/);
  assert.deepEqual(received, ["PUT /refused 5"]);
  await assert.rejects(send("/ended", 5, "/ended"), /refused: 400 ExpiredToken/);
  assert.deepEqual(received, ["PUT /ended 5", "PUT /ended 5"]);
});
