import { status } from "@grpc/grpc-js";

/** A refusal with its gRPC status code, thrown where it is found and answered as it is. */
export class StatusError extends Error {
  readonly code: status;

  constructor(code: status, message: string) {
    super(message);
    this.name = "StatusError";
    this.code = code;
  }
}

export const invalid = (message: string): StatusError => new StatusError(status.INVALID_ARGUMENT, message);

export const notFound = (what: string): StatusError =>
  new StatusError(status.NOT_FOUND, `${what} does not exist.`);

export const unimplemented = (what: string): StatusError =>
  new StatusError(status.UNIMPLEMENTED, `The local Cloud Tasks does not implement ${what}.`);

/** The google.rpc code that stands in `lastAttempt.responseStatus` for a worker's HTTP status. */
export function codeOfHttpStatus(httpStatus: number): status {
  if (httpStatus >= 200 && httpStatus < 300) return status.OK;
  return HTTP_CODES.get(httpStatus) ?? (httpStatus >= 500 ? status.INTERNAL : status.UNKNOWN);
}

const HTTP_CODES = new Map<number, status>([
  [400, status.INVALID_ARGUMENT],
  [401, status.UNAUTHENTICATED],
  [403, status.PERMISSION_DENIED],
  [404, status.NOT_FOUND],
  [409, status.ABORTED],
  [429, status.RESOURCE_EXHAUSTED],
  [499, status.CANCELLED],
  [501, status.UNIMPLEMENTED],
  [503, status.UNAVAILABLE],
  [504, status.DEADLINE_EXCEEDED],
]);
