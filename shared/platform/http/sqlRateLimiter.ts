/**
 * The rate limiter that all instances share, without making a request wait for it. Each instance counts alone and sends its
 * sums to Postgres in the background, many counters in one statement. The answer holds what all instances have counted.
 *
 * How exact: windows are whole minutes. An instance may be ahead of what it has sent by at most a twentieth of a limit (at least
 * one request), after which a request does wait for the answer. One instance alone is exact; with n of them at most
 * `limit × (1 + n / 10)` requests get through (`limit + 2n` for limits below 20). No one is ever refused before the limit.
 *
 * What is stored: a hash over window, budget and subject in an unlogged table, for some minutes. Addresses may be forged behind Hosting, each
 * a row: an instance stores so many of a window at most, and counts the further ones alone.
 */
import { createHash } from "node:crypto";
import type { Clock } from "../clock.ts";
import type { Logger } from "../log/logger.ts";
import type { Sql } from "../sql/pool.ts";
import type { RateLimiter, RateName } from "./rateLimit.ts";

/** Milliseconds of a window. */
const WINDOW = 60_000;
/** How many milliseconds a request waits for the shared count before it is let through, unless said otherwise. */
const PATIENCE = 500;
/** For how many milliseconds nothing waits again, after Postgres didn't answer. */
const PATIENCE_AFTER_FAILURE = 5_000;
/** Counters of one instance; beyond that its oldest are forgotten, which errs on the side of letting through. */
const MAX_COUNTERS = 50_000;
/** Rows of one statement. */
const MAX_BATCH = 500;
const WINDOWS_KEPT = 3;
/** Rows that are removed at once. */
const MAX_PURGE = 10_000;
/** Counters of addresses that an instance stores of one window. Less than it removes when the next begins, so that rows don't pile up. */
const MAX_STORED_ADDRESSES = 5_000;
/** Budgets of routes without an account. */
const BY_ADDRESS: ReadonlySet<RateName> = new Set(["address", "sign_in", "refresh"]);

interface Counter {
  readonly hash: Buffer;
  /** Whether it is sent to the other instances; otherwise `known` is what was let through here. */
  readonly stored: boolean;
  /** What all instances have sent, this one included, as far as known here. */
  known: number;
  /** Let through here and not yet sent. */
  unsent: number;
  /** Sent from here, and not yet answered. */
  sending: number;
}

/**
 * @param limits requests a minute of each budget; taking from one that isn't listed is a programming error
 * @returns a limiter that fails open: while Postgres is away each instance keeps to the limit by itself
 */
export function sqlRateLimiter(
  sql: Sql,
  limits: Readonly<Partial<Record<RateName, number>>>,
  options: { clock: Clock; log: Logger; patienceMilliseconds?: number },
): RateLimiter {
  const sender = createSender(sql, options);

  return {
    async take(name, subject) {
      const limit = limits[name];
      if (limit === undefined) throw new Error(`no limit is set for "${name}"`);
      const share = Math.max(1, Math.floor(limit / 20));
      let now = options.clock().getTime();
      const byAddress = BY_ADDRESS.has(name);
      let counter = sender.counter(`${name} ${subject}`, now, byAddress);
      const first = seen(counter) === 0;

      while (!first && seen(counter) < limit && counter.unsent + counter.sending >= share) {
        // Ahead of the other instances by its whole share, so the shared count is waited for.
        if (!(await sender.heardBack())) break;
        now = options.clock().getTime();
        counter = sender.counter(`${name} ${subject}`, now, byAddress);
      }
      const allowed = seen(counter) < limit;
      if (allowed) sender.count(counter, first || counter.unsent + 1 >= share);
      return {
        allowed,
        limit,
        remaining: Math.max(0, limit - seen(counter)),
        resetSeconds: Math.max(1, Math.ceil((windowOf(now) + WINDOW - now) / 1000)),
      };
    },
  };
}

/** Keeps one instance's counters of the running window and sends them to Postgres, one statement at a time. */
function createSender(
  sql: Sql,
  {
    clock,
    log,
    patienceMilliseconds = PATIENCE,
  }: { clock: Clock; log: Logger; patienceMilliseconds?: number },
) {
  let window = 0;
  let counters = new Map<string, Counter>();
  let unsent = new Set<Counter>();
  let storedAddresses = 0;
  let sending: Promise<boolean> | undefined;
  let again = false;
  /** After a failure nothing waits for Postgres until this time. */
  let impatientUntil = 0;

  const sendOnce = async (): Promise<boolean> => {
    const batch = [...unsent].slice(0, MAX_BATCH);
    const mine = window;
    for (const counter of batch) {
      unsent.delete(counter);
      counter.sending = counter.unsent;
      counter.unsent = 0;
    }
    let answered = true;
    try {
      const sums = await addUp(sql, new Date(mine), batch);
      for (const counter of batch) counter.known = sums.get(counter.hash.toString("hex")) ?? counter.known;
    } catch (error) {
      answered = false;
      impatientUntil = clock().getTime() + PATIENCE_AFTER_FAILURE;
      log.warn("rate_counters_unreachable", { error });
      for (const counter of batch) counter.unsent += counter.sending;
      if (mine === window) for (const counter of batch) unsent.add(counter);
    }
    for (const counter of batch) counter.sending = 0;
    return answered;
  };

  /** Sends what is due; what comes meanwhile is sent right after, unless Postgres is away. Never rejects. */
  const send = (): Promise<boolean> => {
    if (sending !== undefined) {
      again = true;
      return sending;
    }
    sending = sendOnce().then((answered) => {
      sending = undefined;
      if (answered && again && unsent.size > 0) void send();
      again = false;
      return answered;
    });
    return sending;
  };

  return {
    counter(key: string, now: number, byAddress: boolean): Counter {
      if (windowOf(now) !== window) {
        window = windowOf(now);
        counters = new Map();
        unsent = new Set();
        storedAddresses = 0;
        void purgeRateWindows(sql, new Date(now)).catch((error) =>
          log.warn("rate_counters_unreachable", { error }),
        );
      }
      const found = counters.get(key);
      if (found) return found;
      const hash = createHash("sha256").update(`${window} ${key}`).digest().subarray(0, 16);
      const stored = !byAddress || storedAddresses < MAX_STORED_ADDRESSES;
      if (byAddress && stored) {
        storedAddresses += 1;
        if (storedAddresses === MAX_STORED_ADDRESSES)
          log.warn("rate_addresses_too_many", { addresses: storedAddresses });
      }
      const counter = { hash, stored, known: 0, unsent: 0, sending: 0 };
      const oldest = counters.size < MAX_COUNTERS ? undefined : counters.keys().next().value;
      if (oldest !== undefined) counters.delete(oldest);
      counters.set(key, counter);
      return counter;
    },
    count(counter: Counter, due: boolean): void {
      if (!counter.stored) {
        counter.known += 1;
        return;
      }
      counter.unsent += 1;
      unsent.add(counter);
      if (due) void send();
    },
    /** Whether Postgres has answered, within a request's patience. */
    async heardBack(): Promise<boolean> {
      if (clock().getTime() < impatientUntil) return false;
      const answered = await within(patienceMilliseconds, send());
      if (answered === undefined) impatientUntil = clock().getTime() + PATIENCE_AFTER_FAILURE;
      return answered ?? false;
    },
  };
}

/** Removes the windows that are over. */
export async function purgeRateWindows(sql: Sql, now: Date): Promise<void> {
  await sql.query(
    `DELETE FROM rate_windows WHERE counter IN
       (SELECT counter FROM rate_windows WHERE window_start < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)`,
    [new Date(now.getTime() - WINDOWS_KEPT * WINDOW), MAX_PURGE],
  );
}

function seen(counter: Counter): number {
  return counter.known + counter.sending + counter.unsent;
}

/** The start of the window that `now` is in; both in milliseconds since 1970. */
function windowOf(now: number): number {
  return now - (now % WINDOW);
}

/** Adds what was counted here and returns the sums by hash (hex). */
async function addUp(sql: Sql, windowStart: Date, batch: readonly Counter[]): Promise<Map<string, number>> {
  // In one order everywhere, so that two instances can't deadlock on each other's rows.
  const rows = [...batch].sort((a, b) => Buffer.compare(a.hash, b.hash));
  const { rows: sums } = await sql.query<{ counter: Buffer; used: number }>(
    `INSERT INTO rate_windows AS shared (counter, window_start, used)
     SELECT counter, $3, used FROM unnest($1::bytea[], $2::integer[]) AS sent (counter, used)
     ON CONFLICT (counter) DO UPDATE SET used = shared.used + excluded.used
     RETURNING counter, used`,
    [rows.map((counter) => counter.hash), rows.map((counter) => counter.sending), windowStart],
  );
  return new Map(sums.map((row) => [row.counter.toString("hex"), row.used]));
}

/** What `work` resolves to, or undefined if that takes longer. */
async function within<T>(milliseconds: number, work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), milliseconds);
  });
  const first = await Promise.race([work, patience]);
  clearTimeout(timer);
  return first;
}
