import type { DatabaseSync } from "node:sqlite";
import { z } from "zod";
import { conditionsSchema } from "./conditions.ts";
import { noSuchUpload, refusalSchema } from "./failure.ts";
import { objectFieldsSchema } from "./object.ts";

/** What was agreed when a resumable upload was started. */
const termsSchema = z.object({
  fields: objectFieldsSchema,
  conditions: conditionsSchema,
  expected: z.object({
    crc32c: z.string().exactOptional(),
    md5: z.string().exactOptional(),
    lengthRange: z.tuple([z.number(), z.number()]).exactOptional(),
  }),
  /** The announced size in bytes. */
  total: z.number().exactOptional(),
});
export type Terms = z.infer<typeof termsSchema>;

/** How a finished session is described to one who asks again: by the object's headers and resource as they were, or the refusal. */
const completeSchema = z.object({
  headers: z.record(z.string(), z.string()),
  resource: z.record(z.string(), z.unknown()),
});
export type Completed = z.infer<typeof completeSchema>;

const json = z.string().transform((text): unknown => JSON.parse(text));
const row = {
  id: z.string(),
  bucket: z.string(),
  name: z.string(),
  created_at: z.number(),
  terms: json.pipe(termsSchema),
};
const rowSchema = z.discriminatedUnion("state", [
  z.object({ ...row, state: z.literal("open") }),
  z.object({ ...row, state: z.literal("complete"), outcome: json.pipe(completeSchema) }),
  z.object({ ...row, state: z.literal("failed"), outcome: json.pipe(refusalSchema) }),
  z.object({ ...row, state: z.literal("cancelled") }),
]);
export type Session = z.infer<typeof rowSchema>;

/** Google keeps a session for a week. */
export const SESSION_MS = 7 * 24 * 3600 * 1000;

/** The resumable uploads, finished ones too: a caller that didn't see the last answer may ask again. */
export class Sessions {
  readonly #db: DatabaseSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  create(id: string, bucket: string, name: string, terms: Terms, now: number): void {
    this.#db
      .prepare("INSERT INTO sessions VALUES (?, ?, ?, ?, ?, 'open', NULL)")
      .run(id, bucket, name, now, JSON.stringify(terms));
  }

  /** @throws StorageError 404 for one that never was, or is older than a week */
  get(id: string, now: number): Session {
    const found = this.#db.prepare("SELECT * FROM sessions WHERE id = ?").get(id);
    const session = found === undefined ? undefined : rowSchema.parse(found);
    if (session === undefined || session.created_at + SESSION_MS < now) throw noSuchUpload();
    return session;
  }

  /** Ends an open session; one that has ended stays as it is. */
  end(id: string, state: "complete" | "failed" | "cancelled", outcome: object | null): void {
    this.#db
      .prepare("UPDATE sessions SET state = ?, outcome = ? WHERE id = ? AND state = 'open'")
      .run(state, outcome === null ? null : JSON.stringify(outcome), id);
  }

  openIds(): Set<string> {
    const rows = this.#db.prepare("SELECT id FROM sessions WHERE state = 'open'").all();
    return new Set(rows.map((found) => z.object({ id: z.string() }).parse(found).id));
  }

  /** Forgets sessions older than a week. @returns their ids */
  dropExpired(now: number): string[] {
    const rows = this.#db
      .prepare("DELETE FROM sessions WHERE created_at < ? RETURNING id")
      .all(now - SESSION_MS);
    return rows.map((found) => z.object({ id: z.string() }).parse(found).id);
  }
}
