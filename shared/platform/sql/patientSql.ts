import { isPassingFault } from "../passingFault.ts";
import type { Sql } from "./pool.ts";

/** Waits before each further try, in milliseconds; 47 seconds in all, as long as a failover of Cloud SQL usually takes. */
const WAITS_MS = [100, 200, 400, 800, 1_500, 4_000, 8_000, 16_000, 16_000];

/**
 * Statements that wait for a database that is away (a restart, a failover): each is tried again for most of a minute while the fault is
 * one that passes. A statement whose connection was lost may have had its effect, so only statements that may run twice belong here.
 * @throws the last fault when the database stays away, and any other error at once
 */
export function patientSql(sql: Sql, pause: (milliseconds: number) => Promise<void> = wait): Sql {
  return {
    async query(text, values) {
      for (const milliseconds of WAITS_MS) {
        try {
          return await sql.query(text, values);
        } catch (error) {
          if (!isPassingFault(error)) throw error;
          await pause(milliseconds);
        }
      }
      return sql.query(text, values);
    },
  };
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
