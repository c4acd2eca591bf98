/** How the test runner tells suites which backends it started: environment variables that only tests read. */
export const ADDRESSES = {
  /** Connection string of the maintenance database of a PostgreSQL that has the template. */
  postgres: "REVERIE_TEST_POSTGRES",
  /** `host:port` of a Firestore emulator. */
  firestore: "REVERIE_TEST_FIRESTORE",
  /** `host:port` of a Pub/Sub emulator. */
  /** Path of the `endpoints.json` of a running local cloud. */
  cloud: "REVERIE_TEST_CLOUD",
} as const;

/** The migrated database that every suite's own is a copy of. */
export const TEMPLATE = "reverie_template";
