import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { test } from "node:test";
import { refuseLookUp } from "./network.ts";

test("a connection to an address needs no look-up; one to a name is refused", async () => {
  const server = createServer((socket) => socket.end()).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // what Node documents for TCP
  try {
    const socket = connect({ host: "127.0.0.1", port, lookup: refuseLookUp });
    await once(socket, "connect");
    socket.destroy();
    const [error] = await once(connect({ host: "localhost", port, lookup: refuseLookUp }), "error");
    assert.match(String(error), /a name was to be connected to/);
  } finally {
    server.close();
  }
});
