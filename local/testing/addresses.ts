/** How the test runner tells suites which backends it started: environment variables that only tests read. */
export const ADDRESSES = {
  /** Connection string of the maintenance database of a PostgreSQL that has the template. */
  postgres: "REVERIE_TEST_POSTGRES",
  /** `host:port` of a Firestore emulator. */
  firestore: "REVERIE_TEST_FIRESTORE",
  /** Path of the `endpoints.json` of a cloud for the acceptance tier; it may be set by hand. */
  endpoints: "REVERIE_ENDPOINTS",
  /** Path of the `endpoints.json` of a running local cloud, for tests that reach inside it. */
  cloud: "REVERIE_TEST_CLOUD",
} as const;

/** The migrated database that every suite's own is a copy of. */
export const TEMPLATE = "reverie_template";
/** The project that the users of the test cluster are named after. */
export const TEST_PROJECT = "demo-test";
