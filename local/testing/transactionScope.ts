/**
 * Refuses what may not be waited for while a SQL transaction is open: a store that doesn't answer would keep the connection, of which an
 * instance has one or two, and the transaction's locks. Suites' databases open the scope, their stores ask it.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Firestore } from "@google-cloud/firestore";
import type { Database } from "#shared/platform/sql/pool.ts";

const open = new AsyncLocalStorage<true>();

/** The same database, whose transactions are known to what is called inside them. */
export function scoped(database: Database): Database {
  return {
    ...database,
    transaction: (work, options) => database.transaction((sql) => open.run(true, () => work(sql)), options),
  };
}

/** @throws Error inside a transaction of a `scoped` database */
export function refuseInTransaction(what: string): void {
  if (open.getStore())
    throw new Error(`${what} was called inside a SQL transaction: read before it, act after it`);
}

/** Has a client of Firestore refuse every request inside a transaction. */
export function refusingFirestore(firestore: Firestore): Firestore {
  // The two ways in which the client sends anything; they are not in its public types.
  const sends = firestore as unknown as Record<"request" | "requestStream", (...args: unknown[]) => unknown>;
  for (const name of ["request", "requestStream"] as const) {
    const send = sends[name].bind(firestore);
    sends[name] = (...args) => {
      refuseInTransaction("Firestore");
      return send(...args);
    };
  }
  return firestore;
}

/** The same object; each of its methods is refused inside a transaction. */
export function refusing<T extends object>(what: string, target: T): T {
  return new Proxy(target, {
    get(_, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        refuseInTransaction(`${what}.${String(name)}`);
        return value.apply(target, args);
      };
    },
    set: (_, name, value) => Reflect.set(target, name, value),
  });
}
