import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import { Crc32c } from "./crc32c.ts";
import { download, TransferRefusedError } from "./transfer.ts";

let directory: string;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), "transfer-test-"));
});
after(() => rm(directory, { recursive: true, force: true }));

const content = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * index) & 255));
const never = new AbortController().signal;

async function serve(t: TestContext, answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  return {
    url: `http://127.0.0.1:${address.port}/input`,
    contentType: "video/mp4",
    size: content.length,
    crc32c: new Crc32c().update(content).base64(),
  };
}

test("a connection that breaks is resumed where it broke, and every byte is there once", async (t) => {
  const ranges: (string | undefined)[] = [];
  const input = await serve(t, (request, response) => {
    ranges.push(request.headers.range);
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
    response.writeHead(from > 0 ? 206 : 200, { "content-length": content.length - from });
    if (from > 250_000) return response.end(content.subarray(from));
    response.write(content.subarray(from, from + 35_000), () => response.destroy());
    return undefined;
  });
  const path = join(directory, "resumed");
  const received: number[] = [];
  await download(input, path, never, (bytes) => received.push(bytes));
  assert.deepEqual(await readFile(path), content);
  assert.ok(ranges.length > 7, "more often than attempts without progress would be allowed");
  assert.equal(ranges[0], undefined);
  assert.match(ranges[1] ?? "", /^bytes=\d+-$/);
  assert.equal(received.at(-1), content.length);
});

test("a server that can't resume sends all of it again, and nothing is doubled", async (t) => {
  let asked = 0;
  const input = await serve(t, (_, response) => {
    asked++;
    response.writeHead(200, { "content-length": content.length });
    if (asked > 1) response.end(content);
    else response.write(content.subarray(0, 50_000), () => response.destroy());
  });
  const path = join(directory, "again");
  await download(input, path, never, () => {});
  assert.deepEqual(await readFile(path), content);
});

test("a refusal, a wrong checksum and too many bytes end the download at once", async (t) => {
  let asked = 0;
  const refused = await serve(t, (_, response) => {
    asked++;
    response.writeHead(403).end();
  });
  await assert.rejects(
    download(refused, join(directory, "refused"), never, () => {}),
    { status: 403 },
  );
  assert.equal(asked, 1);
  const sent = await serve(t, (_, response) => response.end(content));
  for (const wrong of [{ crc32c: "AAAAAA==" }, { size: content.length - 1 }]) {
    const path = join(directory, "wrong");
    await assert.rejects(
      download({ ...sent, ...wrong }, path, never, () => {}),
      TransferRefusedError,
    );
  }
});

test("an aborted download stops waiting for a server that says nothing", async (t) => {
  const input = await serve(t, () => {});
  const signal = AbortSignal.timeout(100);
  await assert.rejects(
    download(input, join(directory, "silent"), signal, () => {}),
    { name: "TimeoutError" },
  );
});
