/** Status codes of gRPC, which Google's clients put into an error's `code` (https://grpc.io/docs/guides/status-codes/). */
export const grpcStatus = {
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  internal: 13,
  unavailable: 14,
} as const;

/** Whether an error of a Google client has one of these codes. */
export function hasGrpcStatus(error: unknown, ...statuses: readonly (keyof typeof grpcStatus)[]): boolean {
  if (!(error instanceof Error) || !("code" in error)) return false;
  return statuses.some((status) => grpcStatus[status] === error.code);
}
