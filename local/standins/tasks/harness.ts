import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingHttpHeaders } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { CloudTasksClient } from "@google-cloud/tasks";
import { credentials } from "@grpc/grpc-js";
import { PassThroughClient } from "google-auth-library";
import type { QueueConfig } from "./queueSettings.ts";
import { startTasks, type TasksOptions } from "./server.ts";

/*
 * What the tests of both stand-ins share: a worker that answers as a test says, a temporary place for data, and the official client,
 * constructed as the README says.
 */

export const LOCATION = "projects/reverie-test/locations/here";
export const queuePath = (id: string): string => `${LOCATION}/queues/${id}`;
export const taskPath = (queue: string, id: string): string => `${queuePath(queue)}/tasks/${id}`;
export const queueConfig = (name: string, settings: Partial<QueueConfig> = {}): QueueConfig => ({
  name,
  projectId: "reverie-test",
  location: "here",
  ...settings,
});

/** Waits until `check` gives something other than undefined or false; fails after `deadlineMs`. */
export async function eventually<T>(
  what: string,
  check: () => T | Promise<T>,
  deadlineMs = 120_000,
): Promise<Exclude<T, undefined | false>> {
  const end = Date.now() + deadlineMs;
  for (;;) {
    const result = await check();
    // The comparison is what excludes the two, which the compiler doesn't follow for a type parameter.
    if (result !== undefined && result !== false) return result as Exclude<T, undefined | false>;
    if (Date.now() > end) throw new Error(`not within ${deadlineMs} ms: ${what}`);
    await pause(10);
  }
}

export interface Received {
  at: number;
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface Answer {
  status?: number;
  headers?: Record<string, string>;
  body?: string;
  /** The answer waits for this; one that never settles is no answer. */
  when?: Promise<unknown>;
}

export interface Worker {
  url: string;
  received: Received[];
  /** The most requests that were open at once. */
  mostOpen: number;
  /** Paths in the order they came. */
  paths(): string[];
}

/** An HTTP server that writes down what it gets and answers by `answer`, 200 unless set. */
export async function openWorker(
  t: TestContext,
  answer: (request: Received, worker: Worker) => Answer | undefined = () => undefined,
): Promise<Worker> {
  let open = 0;
  const server = createServer(async (request, response) => {
    open += 1;
    worker.mostOpen = Math.max(worker.mostOpen, open);
    response.on("close", () => {
      open -= 1;
    });
    const at = Date.now();
    const { method = "", url: path = "", headers } = request;
    const body = Buffer.concat(await request.toArray()).toString();
    const received = { at, method, path, headers, body };
    worker.received.push(received);
    const {
      status = 200,
      headers: answerHeaders = {},
      body: answerBody,
      when,
    } = answer(received, worker) ?? {};
    await when;
    response.writeHead(status, answerHeaders).end(answerBody);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const worker: Worker = {
    url: `http://127.0.0.1:${address.port}`,
    received: [],
    mostOpen: 0,
    paths: () => worker.received.map((one) => one.path),
  };
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return worker;
}

export function temporaryDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "reverie-tasks-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** The official client, unmodified, pointed at the stand-in. */
export function openClient(t: TestContext, port: number): CloudTasksClient {
  const client = new CloudTasksClient({
    apiEndpoint: "127.0.0.1",
    port,
    sslCreds: credentials.createInsecure(),
    authClient: new PassThroughClient(),
  });
  t.after(() => client.close());
  return client;
}

/** The stand-in with these queues, and a client of it. */
export async function openTasks(t: TestContext, queues: QueueConfig[], options: Partial<TasksOptions> = {}) {
  const dataDir = options.dataDir ?? temporaryDirectory(t);
  const tasks = await startTasks({
    port: 0,
    dataDir,
    queues,
    mintIdToken: async (email, audience) => `${email} for ${audience}`,
    ...options,
  });
  let closed = false;
  const close = async () => {
    if (!closed) await tasks.close();
    closed = true;
  };
  t.after(close);
  const client = openClient(t, tasks.port);

  /** Puts a task in; `path` is where at the worker, `extra` goes over the rest of the task. */
  async function put(queue: string, url: string, extra: object = {}): Promise<string> {
    const task = { httpRequest: { url, httpMethod: "POST" as const }, ...extra };
    const [created] = await client.createTask({ parent: queuePath(queue), task });
    return created.name ?? "";
  }

  const isGone = (name: string) =>
    client.getTask({ name }).then(
      () => false,
      (error: { code?: number }) => error.code === 5,
    );

  return { client, put, isGone, close, dataDir, port: tasks.port, accountPorts: tasks.accountPorts };
}

/** A google.protobuf.Timestamp so many milliseconds from now. */
export function inMs(ms: number): { seconds: number; nanos: number } {
  const at = Date.now() + ms;
  return { seconds: Math.floor(at / 1000), nanos: (at % 1000) * 1e6 };
}
