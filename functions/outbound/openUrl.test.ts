import assert from "node:assert/strict";
import { once } from "node:events";
import type { RequestListener, ServerResponse } from "node:http";
import { after, before, beforeEach, test } from "node:test";
import { gzipSync } from "node:zlib";
import { isPublicAddress } from "#shared/platform/net/publicAddress.ts";
import type { FetchFailure } from "#shared/uploads/uploadDocument.ts";
import { FetchError } from "./fetchError.ts";
import { type FetchLimits, LIMITS } from "./limits.ts";
import { openUrl } from "./openUrl.ts";
import { readBody, requireFile } from "./readBody.ts";
import { certificateFor } from "./testing/certificate.ts";
import { type HostileNetwork, hostileNetwork, PUBLIC, PUBLIC_TOO } from "./testing/hostileNetwork.ts";

const MAX_BYTES = 100_000;
/** Short, so that a test that waits for a limit is short. */
const QUICK: FetchLimits = { ...LIMITS, firstByte: 0.3, connection: 0.2, idle: 0.2, patience: 0.5 };
const NEVER = new AbortController().signal;

let network: HostileNetwork;
before(async () => {
  network = await hostileNetwork();
});
after(() => network.close());
beforeEach(() => {
  network.connections.length = 0;
  network.lookUps.length = 0;
  network.hosts.clear();
  network.names.clear();
  network.silent.clear();
});

/** Every byte that is passed on. */
interface Fetched {
  failure: FetchFailure | undefined;
  bytes: number;
}

async function fetched(url: string, limits: FetchLimits = LIMITS, signal = NEVER): Promise<Fetched> {
  const result: Fetched = { failure: undefined, bytes: 0 };
  try {
    const answer = await openUrl(url, network, limits, signal);
    try {
      requireFile(answer, MAX_BYTES);
      for await (const piece of readBody(answer, MAX_BYTES, limits, signal)) result.bytes += piece.length;
    } finally {
      answer.destroy();
    }
  } catch (error) {
    if (!(error instanceof FetchError)) throw error;
    result.failure = error.failure;
  }
  return result;
}

const file: RequestListener = (_request, response) => response.end("a".repeat(1000));
const redirect = (location: string, status = 302): RequestListener => {
  return (_request, response) => response.writeHead(status, { location }).end();
};
/** Writes for ever, as fast as it is read. */
async function endless(response: ServerResponse, piece: Buffer): Promise<void> {
  while (!response.destroyed) {
    if (!response.write(piece)) await Promise.race([once(response, "drain"), once(response, "close")]);
  }
}

test("a file is fetched whole; the request has no cookie, credential or proxy", async () => {
  let headers: unknown;
  network.hosts.set("media.example", (request, response) => {
    headers = request.headers;
    response.writeHead(200, { "set-cookie": "a=b", "content-type": "video/mp4" }).end("a".repeat(1000));
  });
  process.env.HTTPS_PROXY = process.env.https_proxy = "http://127.0.0.1:1";
  process.env.NODE_USE_ENV_PROXY = "1";
  try {
    for (let time = 0; time < 2; time++) {
      assert.deepEqual(await fetched("https://media.example/a?b=c#d"), { failure: undefined, bytes: 1000 });
      assert.deepEqual(headers, {
        ...{ host: "media.example", accept: "*/*", "accept-encoding": "identity" },
        ...{ "user-agent": "Reverie-outbound/1", connection: "close" },
      });
    }
  } finally {
    for (const name of ["HTTPS_PROXY", "https_proxy", "NODE_USE_ENV_PROXY"]) delete process.env[name];
  }
  assert.deepEqual(network.connections, [PUBLIC, PUBLIC]);
});

test("a public address may stand in the URL, and the certificate has to name it", async () => {
  network.hosts.set(PUBLIC, file);
  assert.equal((await fetched(`https://${PUBLIC}/`)).bytes, 1000);
  assert.deepEqual(network.lookUps, []);
  assert.equal((await fetched("https://8.8.8.8/")).failure, "url_unreachable");
});

test("a certificate for another name, or of an unknown authority, is not believed", async () => {
  network.hosts.set("media.other", file);
  assert.equal((await fetched("https://media.other/")).failure, "url_unreachable");
  const stranger = await hostileNetwork(certificateFor(["media.example"]));
  try {
    stranger.hosts.set("media.example", file);
    const { authorities: _, ...asNodeKnows } = stranger;
    const asking = openUrl("https://media.example/", asNodeKnows, LIMITS, NEVER);
    await assert.rejects(asking, { failure: "url_unreachable" });
  } finally {
    await stranger.close();
  }
});

/** URLs that lead to what isn't public, or are no https at 443, as they are written. */
const HOSTILE_URLS = [
  ...["127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "017700000001", "0177.0.0.1"],
  ...["0", "0.0.0.0", "127.0.0.1.", "%31%32%37.0.0.1", "１２７.0.0.1", "127。0。0。1"],
  ...["169.254.169.254", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518"],
  ...["10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "192.0.2.1", "198.51.100.1", "203.0.113.1"],
  ...["198.18.0.1", "192.0.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"],
  ...[
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:a9fe:a9fe]",
    "[::127.0.0.1]",
  ],
  ...[
    "[64:ff9b::a9fe:a9fe]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b:1::1]",
    "[2002:7f00:1::]",
    "[2002:a9fe:a9fe::1]",
  ],
  ...["[fe80::1]", "[fe80::1%25eth0]", "[fec0::1]", "[fc00::1]", "[fd00:ec2::254]", "[ff02::1]", "[2001::1]"],
  ...["[2001:db8::1]", "[3fff::1]", "[100::1]"],
  ...["user@media.example", "user:password@media.example", ":secret@media.example"],
  ...["media.example:80", "media.example:8443", "media.example:22", "127.0.0.1:443"],
].map((host) => `https://${host}/`);
const OTHER_SCHEMES = ["http:", "ftp:", "file:", "gopher:", "ws:"].map(
  (scheme) => `${scheme}//media.example/`,
);

test("no URL that is hostile as it is written is looked up or connected to", async () => {
  assert.ok(HOSTILE_URLS.length + OTHER_SCHEMES.length >= 60);
  network.hosts.set("media.example", file);
  for (const url of [...HOSTILE_URLS, ...OTHER_SCHEMES, "", "media.example", "data:text/plain,a"])
    assert.deepEqual(await fetched(url), { failure: "url_not_public", bytes: 0 }, url);
  assert.deepEqual([network.lookUps, network.connections], [[], []]);
});

test("no redirect to a hostile URL is followed", async () => {
  const headers = HOSTILE_URLS.filter((url) => /^[ -~]+$/.test(url));
  for (const location of [...headers, ...OTHER_SCHEMES, "//169.254.169.254/", "https:\\\\127.0.0.1/"]) {
    network.hosts.set("media.example", redirect(location));
    assert.deepEqual(
      await fetched("https://media.example/"),
      { failure: "url_not_public", bytes: 0 },
      location,
    );
  }
  assert.deepEqual(new Set(network.connections), new Set([PUBLIC]));
});

test("a name with one address that isn't public is not connected to at all", async () => {
  for (const addresses of [
    ["127.0.0.1"],
    ["169.254.169.254"],
    ["::1"],
    ["::ffff:10.0.0.1"],
    ["64:ff9b::a00:1"],
    ["fd00::1"],
    [PUBLIC, "192.168.0.1"],
    ["10.0.0.1", PUBLIC],
    [PUBLIC, PUBLIC_TOO, "fe80::1"],
    [PUBLIC, "not an address"],
    Array.from({ length: 1000 }, (_, n) => (n === 999 ? "127.0.0.1" : PUBLIC)),
  ]) {
    network.names.set("media.example", [addresses]);
    assert.equal((await fetched("https://media.example/")).failure, "url_not_public", addresses.join());
    network.names.set("media.example", [[PUBLIC]]);
    network.hosts.set("media.example", redirect("https://inside.example/"));
    network.names.set("inside.example", [addresses]);
    assert.equal((await fetched("https://media.example/")).failure, "url_not_public", addresses.join());
  }
  assert.deepEqual(new Set(network.connections), new Set([PUBLIC]));
});

test("a name that changes after the look-up leads to the address that was checked", async () => {
  network.hosts.set("media.example", file);
  network.names.set("media.example", [[PUBLIC], ["127.0.0.1"]]);
  assert.equal((await fetched("https://media.example/")).bytes, 1000);
  assert.deepEqual([network.lookUps, network.connections], [["media.example"], [PUBLIC]]);
  assert.equal((await fetched("https://media.example/")).failure, "url_not_public", "it was looked up again");
  network.hosts.set("other.example", redirect("https://other.example/again"));
  network.names.set("other.example", [[PUBLIC], ["169.254.169.254"]]);
  assert.equal((await fetched("https://other.example/")).failure, "url_not_public");
  assert.ok(network.connections.every(isPublicAddress));
});

test("addresses are tried in order, after one that refuses too, and at most four", async () => {
  network.hosts.set("media.example", file);
  network.silent.add("1.1.1.1");
  network.names.set("media.example", [["1.1.1.1", PUBLIC_TOO, PUBLIC]]);
  assert.equal((await fetched("https://media.example/")).bytes, 1000);
  assert.deepEqual(network.connections, ["1.1.1.1", PUBLIC_TOO]);
  network.connections.length = 0;
  network.names.set("media.example", [Array.from({ length: 9 }, () => "1.1.1.1")]);
  assert.equal((await fetched("https://media.example/")).failure, "url_unreachable");
  assert.equal(network.connections.length, 4);
});

test("three redirects are followed and a fourth isn't; each is looked up again", async () => {
  for (const [n, status] of [301, 302, 303, 307, 308].entries())
    network.hosts.set(`r${n}.example`, redirect(`https://r${n + 1}.example/`, status));
  network.hosts.set("r5.example", file);
  assert.equal((await fetched("https://r2.example/")).bytes, 1000);
  assert.deepEqual(network.lookUps, ["r2.example", "r3.example", "r4.example", "r5.example"]);
  assert.equal((await fetched("https://r1.example/")).failure, "url_redirects");
  network.hosts.set("loop.example", redirect("/"));
  network.connections.length = 0;
  assert.equal((await fetched("https://loop.example/")).failure, "url_redirects");
  assert.equal(network.connections.length, 4);
});

test("what answers with another status, or with nothing, is no file", async () => {
  for (const [status, failure] of [
    ...[201, 204, 206, 300, 304, 400, 401, 403, 404, 410, 451].map(
      (code) => [code, "url_without_file"] as const,
    ),
    ...[408, 425, 429, 500, 502, 503, 504].map((code) => [code, "url_unreachable"] as const),
  ]) {
    network.hosts.set("media.example", (_request, response) => response.writeHead(status).end("a"));
    assert.deepEqual(await fetched("https://media.example/"), { failure, bytes: 0 }, String(status));
  }
  network.hosts.set("media.example", (_request, response) => response.end());
  assert.equal((await fetched("https://media.example/")).failure, "url_without_file");
  network.hosts.set("media.example", (_request, response) => response.writeHead(302).end());
  assert.equal((await fetched("https://media.example/")).failure, "url_without_file");
});

test("a compressed body is refused before a byte of it is passed on", async () => {
  const bomb = gzipSync(Buffer.alloc(10_000_000));
  for (const encoding of ["gzip", "br", "deflate", "zstd", "x-gzip", "gzip, identity", "GZIP", "unknown"]) {
    network.hosts.set("media.example", (_request, response) =>
      response.writeHead(200, { "content-encoding": encoding }).end(bomb),
    );
    assert.deepEqual(
      await fetched("https://media.example/"),
      { failure: "url_compressed", bytes: 0 },
      encoding,
    );
  }
  network.hosts.set("media.example", (_request, response) =>
    response.writeHead(200, { "content-encoding": "Identity" }).end("abc"),
  );
  assert.equal((await fetched("https://media.example/")).bytes, 3);
});

test("a body that is too large is refused, by what it says or by what it sends", async () => {
  network.hosts.set("media.example", (_request, response) =>
    response.writeHead(200, { "content-length": MAX_BYTES + 1 }).end("a".repeat(MAX_BYTES + 1)),
  );
  assert.deepEqual(await fetched("https://media.example/"), { failure: "too_large", bytes: 0 });
  network.hosts.set("media.example", (_request, response) => void endless(response, Buffer.alloc(7_001)));
  const { failure, bytes } = await fetched("https://media.example/");
  assert.equal(failure, "too_large");
  assert.ok(bytes <= MAX_BYTES, `${bytes} bytes were passed on`);
  network.hosts.set("media.example", (_request, response) => response.end(Buffer.alloc(MAX_BYTES)));
  assert.deepEqual(await fetched("https://media.example/"), { failure: undefined, bytes: MAX_BYTES });
});

test("a server that is slow with its first byte is left, also one that drips headers", async () => {
  network.hosts.set("media.example", () => undefined);
  assert.deepEqual(await fetched("https://media.example/", QUICK), { failure: "url_unreachable", bytes: 0 });
  network.hosts.set("media.example", ({ socket }) => {
    socket.write("HTTP/1.1 200 OK\r\n");
    const drip = setInterval(() => socket.write("a: b\r\n"), 20);
    socket.on("close", () => clearInterval(drip)).on("error", () => undefined);
  });
  assert.deepEqual(await fetched("https://media.example/", QUICK), { failure: "url_unreachable", bytes: 0 });
  network.hosts.set("media.example", ({ socket }) => {
    const more = setInterval(() => socket.write("HTTP/1.1 103 Early Hints\r\n\r\n"), 20);
    socket.on("close", () => clearInterval(more)).on("error", () => undefined);
  });
  assert.deepEqual(await fetched("https://media.example/", QUICK), { failure: "url_unreachable", bytes: 0 });
});

test("a name server that doesn't answer, or has no answer, makes the URL unreachable", async () => {
  network.names.set("media.example", [new Error("SERVFAIL")]);
  assert.equal((await fetched("https://media.example/")).failure, "url_unreachable");
  network.names.set("media.example", [[]]);
  assert.equal((await fetched("https://media.example/")).failure, "url_unreachable");
  const waiting = { ...network, lookUp: () => new Promise<never>(() => undefined) };
  await assert.rejects(openUrl("https://media.example/", waiting, QUICK, NEVER), {
    failure: "url_unreachable",
  });
  assert.deepEqual(network.connections, []);
});

test("a body that stops or drips is given up; one that breaks off isn't whole", async () => {
  network.hosts.set("media.example", (_request, response) => void response.write("abc"));
  assert.deepEqual(await fetched("https://media.example/", QUICK), { failure: "url_too_slow", bytes: 3 });
  network.hosts.set("media.example", (_request, response) => {
    const drip = setInterval(() => response.write("a"), 20);
    response.on("close", () => clearInterval(drip));
  });
  assert.equal((await fetched("https://media.example/", QUICK)).failure, "url_too_slow");
  for (const header of [{ "content-length": 1000 }, { "transfer-encoding": "chunked" }]) {
    network.hosts.set("media.example", (_request, response) => {
      response.writeHead(200, header).write("abc", () => response.destroy());
    });
    assert.deepEqual(await fetched("https://media.example/"), { failure: "url_broke_off", bytes: 3 });
  }
});

test("an answer that isn't HTTP, or has too many headers, is unreachable", async () => {
  for (const text of [
    "SSH-2.0-OpenSSH_9.6\r\n",
    `HTTP/1.1 200 OK\r\n${"a: b\r\n".repeat(20_000)}\r\n`,
    "HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabc",
    "HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\nabc",
    "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n",
  ]) {
    network.hosts.set("media.example", ({ socket }) => {
      socket.on("error", () => undefined).end(text);
    });
    const { failure } = await fetched("https://media.example/", QUICK);
    assert.equal(failure, "url_unreachable", text.slice(0, 40));
  }
});

test("a fetch that is ended from outside ends at once, in each of its stages", async () => {
  const stop = new Error("stop");
  const stages: readonly [string, RequestListener][] = [
    ["before the first byte", () => undefined],
    ["in the body", (_request, response) => void response.write("abc")],
  ];
  for (const [stage, listener] of stages) {
    network.hosts.set("media.example", listener);
    const end = new AbortController();
    setTimeout(() => end.abort(stop), 50);
    await assert.rejects(fetched("https://media.example/", LIMITS, end.signal), stop, stage);
  }
});

test("after all of this no connection is left open", async () => {
  network.hosts.set("media.example", redirect("https://media.example/"));
  await fetched("https://media.example/");
  const until = Date.now() + 5_000;
  while ((await network.open()) > 0 && Date.now() < until)
    await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(await network.open(), 0);
});
