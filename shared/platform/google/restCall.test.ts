import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { hasGrpcStatus } from "../grpcStatus.ts";
import { type RestCall, restCaller } from "./restCall.ts";

const ABORTED = { error: { code: 409, status: "ABORTED", message: "too much contention" } };
const answers: Record<string, [number, unknown]> = {
  "/v1/list": [200, [{ document: { name: "a" } }, { document: { name: "error" } }]],
  "/v1/broken-list": [200, [{ document: { name: "a" } }, ABORTED]],
  "/v1/failed-list": [409, [ABORTED]],
  "/v1/failed": [409, ABORTED],
  "/v1/page": [502, "<html>"],
};
const server = createServer((incoming, outgoing) => {
  if (incoming.url === "/v1/endless") return sendWithoutEnd(outgoing);
  const [status, answer] = answers[incoming.url ?? ""] ?? [404, {}];
  outgoing.writeHead(status).end(typeof answer === "string" ? answer : JSON.stringify(answer));
});
/** How long a call waits for its answer. Those of the other tests are sent at once. */
const TIMEOUT_MS = 2_000;
let call: RestCall;
before(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // a TCP server's address is of this shape
  call = restCaller({
    host: "store.example",
    emulator: `127.0.0.1:${port}`,
    accessToken: () => assert.fail("an emulator takes no token"),
    timeoutMs: TIMEOUT_MS,
  });
});

/** Something comes all the time, and never all of it. */
function sendWithoutEnd(outgoing: ServerResponse): void {
  const sending = setInterval(() => outgoing.write(" "), TIMEOUT_MS / 100);
  outgoing.on("close", () => clearInterval(sending));
}
after(() => {
  server.closeAllConnections();
  server.close();
});

test("a list is what was found; an error in it, also after its beginning, is an error", async () => {
  assert.deepEqual(await call("list", {}), answers["/v1/list"]?.[1]);
  for (const path of ["broken-list", "failed-list", "failed"])
    await assert.rejects(call(path, {}), (error) => hasGrpcStatus(error, "aborted"), path);
  await assert.rejects(call("page", {}), (error) => hasGrpcStatus(error, "unavailable"));
});

test("an answer whose end does not come in time is given up, though parts of it come", async () => {
  await assert.rejects(call("endless", {}), (error) => hasGrpcStatus(error, "deadlineExceeded"));
  const connections = () => new Promise((resolve) => server.getConnections((_, count) => resolve(count)));
  assert.deepEqual(await call("list", {}), answers["/v1/list"]?.[1]);
  while ((await connections()) !== 1) await setImmediate();
});
