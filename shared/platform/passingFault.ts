/**
 * Faults of the stores that pass by themselves: nothing is wrong with the request, and asking again may work. The caller gets 503
 * instead of a bare 500.
 */
import { hasGrpcStatus } from "./grpcStatus.ts";

/** Node's words for a peer that isn't there. */
const NETWORK = new Set(["ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "EPIPE", "EAI_AGAIN", "ENOTFOUND"]);
/** Postgres: connection exceptions, too many connections, shutting down or starting, serialization failures and deadlocks. */
const SQLSTATE = /^(08...|53300|57P0[1-5]|40001|40P01)$/;
/** node-postgres gives these no code. */
const POOL =
  /^(timeout exceeded when trying to connect|Connection terminated|Client has encountered a connection error)/;

export function isPassingFault(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (POOL.test(error.message)) return true;
  if (hasGrpcStatus(error, "deadlineExceeded", "resourceExhausted", "aborted", "unavailable")) return true;
  const code = "code" in error ? error.code : undefined;
  if (typeof code === "number") return false;
  if (typeof code === "string" && (NETWORK.has(code) || SQLSTATE.test(code))) return true;
  return error.cause !== undefined && isPassingFault(error.cause);
}
