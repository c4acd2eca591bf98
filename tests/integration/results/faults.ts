/** Stores that fail at a chosen call, before or after its effect: a process that dies there, as seen from outside. */
import type { Firestore } from "@google-cloud/firestore";
import type { Database, Sql } from "#shared/platform/sql/pool.ts";
import type { SyncDeps } from "#shared/results/syncResult.ts";
import { wrappedFirestore } from "./wrappedFirestore.ts";

export class CrashError extends Error {}

export interface Fault {
  /** Which call to a store fails, from 1. */
  readonly call: number;
  /** Whether the call has its effect nevertheless. */
  readonly after: boolean;
}

type Guard = <T>(work: () => Promise<T>) => Promise<T>;

/** The same dependencies, except that one call fails and everything after it as well: the process is gone. */
export function failing(deps: SyncDeps, fault: Fault): { deps: SyncDeps; reached: () => boolean } {
  let calls = 0;
  const guard: Guard = async (work) => {
    calls += 1;
    if (calls > fault.call || (calls === fault.call && !fault.after)) throw new CrashError();
    const result = await work();
    if (calls === fault.call) throw new CrashError();
    return result;
  };
  return {
    deps: {
      ...deps,
      db: guardedDatabase(deps.db, guard),
      firestore: guardedFirestore(deps.firestore, guard),
      objects: guarded(deps.objects, guard, ["look", "write", "remove", "read"]),
      publish: (events) => guard(() => deps.publish(events)),
    },
    reached: () => calls >= fault.call,
  };
}

function guardedDatabase(db: Database, guard: Guard): Database {
  return {
    query: (text, values) => guard(() => db.query(text, values)),
    // The commit is the call: before it nothing has happened, after it everything.
    transaction: (work, options) =>
      guard(() =>
        db.transaction(
          (sql) => work({ query: (text, values) => guard(() => sql.query(text, values)) } satisfies Sql),
          options,
        ),
      ),
    close: () => db.close(),
  };
}

/** Only what sync uses of a Firestore: single documents. */
function guardedFirestore(firestore: Firestore, guard: Guard): Firestore {
  return wrappedFirestore(firestore, (document) =>
    guarded(document, guard, ["get", "create", "update", "delete"]),
  );
}

function guarded<T extends object>(target: T, guard: Guard, names: readonly string[]): T {
  return new Proxy(target, {
    get(_, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      if (!names.includes(String(name))) return value.bind(target);
      return (...args: unknown[]) => guard(async () => value.apply(target, args));
    },
  });
}
