/**
 * Cloud Storage on loopback: the JSON API for Google's client libraries, and the XML API for V4-signed URLs. Buckets, objects,
 * unfinished uploads and undelivered events are on disk and survive a restart and a SIGKILL. See README.md.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type Clock, systemClock } from "#shared/platform/clock.ts";
import type { StorageAccess } from "./access.ts";
import { answerFailure } from "./answerFailure.ts";
import { Blobs } from "./blobs.ts";
import { Buckets } from "./buckets.ts";
import { allowBrowsers, answerPreflight, type BucketCors } from "./cors.ts";
import { openDatabase } from "./database.ts";
import type { XmlDeps } from "./deps.ts";
import { type EventLog, FinalizedEvents, type FinalizedSink } from "./events.ts";
import { openExchange } from "./exchange.ts";
import { StorageError } from "./failure.ts";
import { jsonApi, jsonTarget } from "./jsonApi.ts";
import { checkNewBucketName } from "./names.ts";
import { ObjectStorage } from "./objectStorage.ts";
import { Objects } from "./objects.ts";
import { ResumableUploads } from "./resumable.ts";
import { Sessions } from "./sessions.ts";
import type { PublicKeys } from "./signature.ts";
import { xmlApi } from "./xmlApi.ts";

export interface StorageOptions {
  /** 0 picks a free port. */
  readonly port: number;
  /** `127.0.0.1` unless said otherwise: without `access` the JSON API authenticates no caller. */
  readonly host?: string;
  /** Where everything is kept; made when missing. One process at a time. */
  readonly dataDir: string;
  /** Made when missing. Objects older than `lifecycleDays` are deleted. */
  readonly buckets: readonly {
    readonly name: string;
    readonly lifecycleDays?: number;
    /** What web pages may do; nothing unless set. */
    readonly cors?: BucketCors;
  }[];
  /** Whose signatures count. */
  readonly publicKeys: PublicKeys;
  /** Who may do what; without it everyone may do everything, and signatures alone are checked. */
  readonly access?: StorageAccess;
  /** Where events of new objects go. */
  readonly onFinalized?: readonly FinalizedSink[];
  readonly clock?: Clock;
  /** Called with what happened; never with a query, a body or an object's name. */
  readonly log?: EventLog;
}

export interface StorageStandIn {
  /** For `STORAGE_EMULATOR_HOST`: `http://host:port`, without a trailing slash. */
  readonly url: string;
  readonly port: number;
  /** Cuts what is open; what was answered 2xx is kept. May be called twice. */
  close(): Promise<void>;
}

const SWEEP_EVERY_MS = 3600 * 1000;
/** A connection on which nothing moves for so long is closed: its client is gone. */
const IDLE_MS = 10 * 60 * 1000;

/**
 * Starts the stand-in.
 * @throws the listen error as Node gives it (`EADDRINUSE`); an SQLite error when another process has `dataDir`; StorageError for
 * a bad bucket name
 */
export async function startStorage(options: StorageOptions): Promise<StorageStandIn> {
  const { clock = systemClock, log = () => {}, onFinalized = [] } = options;
  const server = createServer();
  const { url, port } = await listen(server, options.port, options.host ?? "127.0.0.1");
  let db: ReturnType<typeof openDatabase> | undefined;
  try {
    db = openDatabase(options.dataDir);
    const events = new FinalizedEvents({ db, sinks: onFinalized, clock, log });
    const blobs = new Blobs(options.dataDir);
    const [buckets, objects, sessions] = [new Buckets(db), new Objects(db), new Sessions(db)];
    blobs.removeOrphans(objects.blobs(), sessions.openIds());
    for (const { name, lifecycleDays = null } of options.buckets) {
      checkNewBucketName(name);
      buckets.put({ name, lifecycleDays });
    }

    const storage = new ObjectStorage({ db, buckets, objects, sessions, blobs, events, clock, baseUrl: url });
    const cors = new Map(options.buckets.map((bucket) => [bucket.name, bucket.cors]));
    const deps: XmlDeps = {
      storage,
      cors,
      resumable: new ResumableUploads(storage),
      publicKeys: options.publicKeys,
      access: options.access,
    };
    const busy = serve(server, deps, log);
    events.start();
    const stopSweeping = sweepRegularly(storage, log);

    let closing: Promise<void> | undefined;
    const close = async () => {
      stopSweeping();
      await stopListening(server);
      await Promise.allSettled(busy);
      await events.close();
      db?.close();
    };
    return {
      url,
      port,
      close: () => {
        closing ??= close();
        return closing;
      },
    };
  } catch (error) {
    db?.close();
    await stopListening(server);
    throw error;
  }
}

/** @returns the requests being answered; the set changes with them */
function serve(server: Server, deps: XmlDeps, log: EventLog): Set<Promise<void>> {
  const busy = new Set<Promise<void>>();
  const take = (awaitsContinue: boolean) => (request: IncomingMessage, response: ServerResponse) => {
    const started = performance.now();
    response.once("close", () => {
      log("storage_request", {
        method: request.method ?? "",
        status: response.writableFinished ? response.statusCode : 0,
        ms: Math.round(performance.now() - started),
      });
    });
    const work = answer(request, response, awaitsContinue, deps, log)
      .catch((error: unknown) => {
        log("answer_failed", { error: String(error) });
        response.destroy();
      })
      .finally(() => busy.delete(work));
    busy.add(work);
  };
  server.on("request", take(false));
  // A refusal before the go-ahead saves the sender a large body.
  server.on("checkContinue", take(true));
  return busy;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  awaitsContinue: boolean,
  deps: XmlDeps,
  log: EventLog,
): Promise<void> {
  const exchange = openExchange(request, response, deps.storage.deps.baseUrl, awaitsContinue);
  let api: "json" | "xml" = "xml";
  try {
    const target = jsonTarget(exchange.rawPath);
    api = target === undefined ? "xml" : "json";
    // Signed URLs and session URIs are meant to be handed to browsers; the JSON API isn't for any page that is open.
    const forBrowsers = target === undefined || exchange.query.has("upload_id");
    const cors = deps.cors.get(target?.pieces[1] ?? exchange.rawPath.split("/")[1] ?? "");
    if (forBrowsers) allowBrowsers(exchange, cors);
    if (forBrowsers && request.method === "OPTIONS") answerPreflight(exchange, cors);
    else if (target === undefined) await xmlApi(exchange, deps);
    else await jsonApi(exchange, target, deps);
  } catch (error) {
    if (error instanceof StorageError && (error.refusal.status === 401 || error.refusal.status === 403))
      log("access_denied", { why: error.message });
    answerFailure(exchange, error, api, log);
  }
  // What is left of a refused body is read and dropped, so that its sender gets to read the answer.
  if (!request.readableEnded) request.resume();
}

function sweepRegularly(storage: ObjectStorage, log: EventLog): () => void {
  const sweep = () => {
    storage.sweep().then(
      (deleted) => {
        if (deleted > 0) log("objects_expired", { deleted });
      },
      (error: unknown) => log("sweep_failed", { error: String(error) }),
    );
  };
  sweep();
  const timer = setInterval(sweep, SWEEP_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}

async function listen(server: Server, port: number, host: string): Promise<{ url: string; port: number }> {
  // Node's own limit of five minutes for a whole request is too short for a video on a slow line.
  server.requestTimeout = 0;
  server.timeout = IDLE_MS;
  // Longer than clients keep idle connections, so that they don't send into one that is closing.
  server.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return { url: `http://${host.includes(":") ? `[${host}]` : host}:${address.port}`, port: address.port };
}

function stopListening(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
