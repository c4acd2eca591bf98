/**
 * `google.cloud.storage.object.v1.finalized` events, delivered at least once: an event is written in the transaction that makes its
 * object, and deleted when its receiver has answered 2xx.
 */
import { randomUUID } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { z } from "zod";
import type { Clock } from "#shared/platform/clock.ts";
import { objectResource, type StoredObject } from "./object.ts";

/** Where events of a bucket's new objects go. */
export interface FinalizedSink {
  readonly bucket: string;
  /** Where events are posted: attributes in `ce-` headers, the object's resource as the body, as Eventarc posts to a function. */
  readonly url: string;
  /** Under which undelivered events are found again after a restart; the URL's path unless given, since ports change. */
  readonly name?: string;
}

export type EventLog = (event: string, fields: Readonly<Record<string, string | number>>) => void;

const FIRST_RETRY_MS = 200;
const LONGEST_RETRY_MS = 10_000;
/** The functions emulator keeps one process per request under way. */
const AT_ONCE = 4;
const ANSWER_WITHIN_MS = 120_000;
/** Eventarc gives an event up after a day. */
const KEEP_MS = 24 * 3600 * 1000;

const eventSchema = z.object({
  specversion: z.literal("1.0"),
  id: z.string(),
  type: z.string(),
  source: z.string(),
  subject: z.string(),
  bucket: z.string(),
  time: z.string(),
  datacontenttype: z.literal("application/json"),
  data: z.record(z.string(), z.unknown()),
});
type FinalizedEvent = z.infer<typeof eventSchema>;

const rowSchema = z.object({
  created_at: z.number(),
  event: z.string().transform((text) => eventSchema.parse(JSON.parse(text))),
});
const idSchema = z.object({ id: z.number() });

interface Deps {
  readonly db: DatabaseSync;
  readonly sinks: readonly FinalizedSink[];
  readonly clock: Clock;
  readonly log: EventLog;
}

interface Line {
  readonly sink: FinalizedSink;
  readonly ready: number[];
  running: number;
}

export class FinalizedEvents {
  readonly #deps: Deps;
  /** One per sink, so that a receiver that is away doesn't hold up the others. */
  readonly #lines = new Map<string, Line>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #closing = new AbortController();
  readonly #underWay = new Set<Promise<void>>();

  /** @throws Error when two sinks would be one after a restart */
  constructor(deps: Deps) {
    this.#deps = deps;
    for (const sink of deps.sinks) {
      const name = nameOf(sink);
      if (this.#lines.has(name)) throw new Error(`two sinks are called ${name}: give them names`);
      this.#lines.set(name, { sink, ready: [], running: 0 });
    }
  }

  /** Takes up what an earlier process didn't deliver. */
  start(): void {
    for (const [name, line] of this.#lines) {
      const rows = this.#deps.db.prepare("SELECT id FROM deliveries WHERE sink = ? ORDER BY id").all(name);
      line.ready.push(...rows.map((row) => idSchema.parse(row).id));
      this.#run(line);
    }
  }

  /** Call inside the transaction that makes the object; then call what it returns, once that is committed. */
  record(object: StoredObject, baseUrl: string): () => void {
    const event = finalizedEvent(object, baseUrl);
    const added: [Line, number][] = [];
    for (const [name, line] of this.#lines) {
      if (line.sink.bucket !== object.bucket) continue;
      const row = this.#deps.db
        .prepare("INSERT INTO deliveries (sink, created_at, event) VALUES (?, ?, ?) RETURNING id")
        .get(name, this.#deps.clock().getTime(), JSON.stringify(event));
      added.push([line, idSchema.parse(row).id]);
    }
    return () => {
      for (const [line, id] of added) {
        line.ready.push(id);
        this.#run(line);
      }
    };
  }

  /** Stops delivering; what is under way is cut and will be delivered again. */
  async close(): Promise<void> {
    this.#closing.abort();
    for (const timer of this.#timers) clearTimeout(timer);
    await Promise.all(this.#underWay);
  }

  #run(line: Line): void {
    while (line.running < AT_ONCE && !this.#closing.signal.aborted) {
      const id = line.ready.shift();
      if (id === undefined) return;
      this.#deliver(line, id, 1);
    }
  }

  #deliver(line: Line, id: number, attempt: number): void {
    line.running += 1;
    const delivery = this.#attempt(line, id, attempt)
      .catch((error: unknown) => this.#deps.log("event_unreadable", { delivery: id, error: String(error) }))
      .finally(() => {
        line.running -= 1;
        this.#underWay.delete(delivery);
        this.#run(line);
      });
    this.#underWay.add(delivery);
  }

  async #attempt(line: Line, id: number, attempt: number): Promise<void> {
    const { db, clock, log } = this.#deps;
    const row = db.prepare("SELECT created_at, event FROM deliveries WHERE id = ?").get(id);
    if (row === undefined) return;
    const { event, created_at } = rowSchema.parse(row);
    const refusal = await this.#post(line.sink, event);
    if (this.#closing.signal.aborted && refusal !== undefined) return;
    const tooOld = clock().getTime() > created_at + KEEP_MS;
    if (refusal === undefined || tooOld) {
      db.prepare("DELETE FROM deliveries WHERE id = ?").run(id);
      if (tooOld && refusal !== undefined) log("event_given_up", { id: event.id, attempt, refusal });
      return;
    }
    const waitMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (attempt - 1));
    log("event_retry", { id: event.id, attempt, refusal, waitMs });
    this.#later(waitMs, line, id, attempt + 1);
  }

  /** While an event waits it takes no place from others. */
  #later(waitMs: number, line: Line, id: number, attempt: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#deliver(line, id, attempt);
    }, waitMs);
    this.#timers.add(timer);
  }

  /** @returns why it wasn't taken, or undefined */
  async #post(sink: FinalizedSink, event: FinalizedEvent): Promise<string | undefined> {
    try {
      const response = await fetch(sink.url, {
        ...message(event),
        method: "POST",
        redirect: "manual",
        signal: AbortSignal.any([this.#closing.signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
      });
      await response.body?.cancel();
      return response.ok ? undefined : `HTTP ${response.status}`;
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      return cause instanceof Error ? cause.message : "no answer";
    }
  }
}

function nameOf(sink: FinalizedSink): string {
  return sink.name ?? `${sink.bucket} ${new URL(sink.url).pathname}`;
}

/** The CloudEvent of a new object (https://googleapis.github.io/google-cloudevents/ lists type and data). */
function finalizedEvent(object: StoredObject, baseUrl: string): FinalizedEvent {
  return {
    specversion: "1.0",
    id: randomUUID(),
    type: "google.cloud.storage.object.v1.finalized",
    source: `//storage.googleapis.com/projects/_/buckets/${object.bucket}`,
    subject: `objects/${object.name}`,
    bucket: object.bucket,
    time: new Date(object.createdAt).toISOString(),
    datacontenttype: "application/json",
    data: objectResource(object, baseUrl),
  };
}

function message({ data, datacontenttype, ...attributes }: FinalizedEvent) {
  const headers = Object.entries(attributes).map(([name, value]) => [`ce-${name}`, headerValue(value)]);
  return {
    headers: { ...Object.fromEntries(headers), "content-type": datacontenttype },
    body: JSON.stringify(data),
  };
}

/** As the HTTP binding of CloudEvents 1.0 (3.1.3.2) asks: space, quote, percent sign and all beyond printable ASCII are encoded. */
function headerValue(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\x21\x23\x24\x26-\x7e]/gu, (char) =>
      [...Buffer.from(char)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join(""),
    );
}
