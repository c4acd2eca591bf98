import type { Plugin } from "esbuild";

const IN_FIRESTORE = /[\\/]@google-cloud[\\/]firestore[\\/]/;
const NAMESPACE = "rest-firestore";

/**
 * Leaves gRPC and the protocol buffers out of a bundle whose Firestore client works by REST (shared/platform/firestore/rest/client.ts). What Google's
 * client asks of google-gax is a few names: status codes, an error's class, and how often which call is repeated.
 */
export const restFirestorePlugin: Plugin = {
  name: NAMESPACE,
  setup(build) {
    const resolveDir = build.initialOptions.absWorkingDir ?? ".";
    build.onResolve({ filter: /^google-gax(?:\/fallback)?$|^@google-cloud\/firestore-api$/ }, (asked) =>
      IN_FIRESTORE.test(asked.importer)
        ? { path: asked.path.startsWith("google-gax") ? "gax" : "api", namespace: NAMESPACE }
        : undefined,
    );
    build.onResolve({ filter: /protos\/firestore_v1_proto_api$/ }, (asked) =>
      IN_FIRESTORE.test(asked.importer) ? { path: "api", namespace: NAMESPACE } : undefined,
    );
    build.onLoad({ filter: /^gax$/, namespace: NAMESPACE }, () => ({
      contents: GAX,
      loader: "js",
      resolveDir,
    }));
    build.onLoad({ filter: /^api$/, namespace: NAMESPACE }, () => ({
      contents: API,
      loader: "js",
      resolveDir,
    }));
  },
};

/** Only listening and administration would need it. */
const API =
  "module.exports = { protos: {}, v1: {}, google: { firestore: { v1: { Value: { fromObject: (value) => ({ toJSON: () => value }) } } } } };";

const GAX = `
const names = ["OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED"];
const Status = Object.fromEntries(names.flatMap((name, code) => [[name, code], [code, name]]));
class GoogleError extends Error {}
class RetryOptions {
  constructor(retryCodes, backoffSettings) {
    this.retryCodes = retryCodes;
    this.backoffSettings = backoffSettings;
  }
}
const backoff = (params) => ({
  initialRetryDelayMillis: params.initial_retry_delay_millis,
  retryDelayMultiplier: params.retry_delay_multiplier,
  maxRetryDelayMillis: params.max_retry_delay_millis,
  totalTimeoutMillis: params.total_timeout_millis,
});
function constructSettings(service, config) {
  const { retry_codes, retry_params, methods } = config.interfaces[service];
  return Object.fromEntries(Object.entries(methods).map(([method, { retry_codes_name, retry_params_name }]) => [
    method[0].toLowerCase() + method.slice(1),
    { retry: new RetryOptions((retry_codes[retry_codes_name] ?? []).map((name) => Status[name]), backoff(retry_params[retry_params_name])) },
  ]));
}
const createDefaultBackoffSettings = () =>
  backoff({ initial_retry_delay_millis: 100, retry_delay_multiplier: 1.3, max_retry_delay_millis: 60000, total_timeout_millis: 600000 });
module.exports = { Status, GoogleError, RetryOptions, constructSettings, createDefaultBackoffSettings };
`;
