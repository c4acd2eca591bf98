/**
 * Faults of the stores that pass by themselves: nothing is wrong with the request, and asking again may work. A caller is told so (503)
 * instead of a bare 500.
 */

/** Node's words for a peer that isn't there. */
const NETWORK = new Set(["ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "EPIPE", "EAI_AGAIN", "ENOTFOUND"]);
/** Postgres: connection exceptions, too many connections, shutting down or starting, serialization failures and deadlocks. */
const SQLSTATE = /^(08...|53300|57P0[1-5]|40001|40P01)$/;
/** gRPC: DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, ABORTED, UNAVAILABLE (google.rpc.Code). */
const GRPC = new Set([4, 8, 10, 14]);
/** node-postgres gives these no code. */
const POOL =
  /^(timeout exceeded when trying to connect|Connection terminated|Client has encountered a connection error)/;

export function isPassingFault(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (POOL.test(error.message)) return true;
  const code = "code" in error ? error.code : undefined;
  if (typeof code === "number") return GRPC.has(code);
  if (typeof code === "string" && (NETWORK.has(code) || SQLSTATE.test(code))) return true;
  return error.cause !== undefined && isPassingFault(error.cause);
}
