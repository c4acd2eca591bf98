/** The rooms of the project and which may import which, as rules for dependency-cruiser. */
import type { IForbiddenRuleType } from "dependency-cruiser";

/** The domains of shared/: each may import those before it. `kinds` and `events` know nothing of each other's users. */
export const DOMAINS = [
  "kinds",
  "events",
  "changes",
  "spaces",
  "uploads",
  "results",
  "queue",
  "erasure",
] as const;

/** Where the project's source files are. */
export const FOLDERS = [
  "functions",
  "shared",
  "engine",
  "local",
  "tools",
  "tests",
  "bench",
  "console",
] as const;

/** Files that are started or imported by something other than an import in this project. */
const ENTRIES = [
  String.raw`^functions/[^/]+/(index|routes)\.ts$`,
  String.raw`^shared/manifest\.ts$`,
  // A program says so by its name, or is started by a file beside it.
  String.raw`(^|/)main\.ts$`,
  String.raw`^engine/kit/(example|workUntilNoneWaits)\.ts$`,
  String.raw`^engine/reference/worker\.ts$`,
  String.raw`^local/(start|testing/(run|countReporter|noProcesses)|processes/watchdog|firebase/(functionLoader|quickStart|redeliverEvents))\.ts$`,
  String.raw`^tests/integration/queue/chaosEngine\.ts$`,
  String.raw`^tests/integration/sweep/walkProcess\.ts$`,
  String.raw`^bench/[^/]+/instance\.ts$`,
  String.raw`^tools/checks/(structure|entries|noConnections)\.ts$`,
  String.raw`^tools/build/(firebaseJson|hosting)\.ts$`,
  // They take the place of a package.
  String.raw`^shared/platform/firestore/rest/valueClasses\.ts$`,
  String.raw`^tools/client/compiler\.ts$`,
  String.raw`^console/src/app/main\.tsx$`,
  // Loaded by a page.
  "^tools/build/public/",
];

const TEST = String.raw`\.test\.ts$`;
/** What only tests use, and tests themselves. */
const TESTING = String.raw`\.test\.ts$|\.d\.ts$|^tests/|/testing/|/harness\.ts$|^tools/checks/`;

/** What is deployed, without the tests beside it. */
const deployed = { path: "^(functions|shared)/", pathNot: TEST };

function upwards(name: string, comment: string, from: string, to: string): IForbiddenRuleType {
  return { name, comment, severity: "error", from: { path: from, pathNot: TEST }, to: { path: to } };
}

/** Each domain against those that come after it. */
const domainOrder = DOMAINS.slice(0, -1).map((domain, index) =>
  upwards(
    `${domain}-is-below`,
    `the domains' order is ${DOMAINS.join(" < ")}`,
    `^shared/${domain}/`,
    `^shared/(${DOMAINS.slice(index + 1).join("|")})/`,
  ),
);

/** Rules about files, tests included. */
export const fileRules: IForbiddenRuleType[] = [
  upwards("platform-is-below", "the platform knows no domain", "^shared/platform/", "^shared/(?!platform/)"),
  ...domainOrder,
  upwards(
    "domains-apart",
    "kinds and events know nothing of each other",
    "^shared/events/",
    "^shared/kinds/",
  ),
  upwards(
    "manifest-is-data",
    "the manifest is data",
    String.raw`^shared/manifest\.ts$`,
    "^shared/(?!platform/)",
  ),
  upwards(
    "access-is-data",
    "the lists of roles are data about the manifest",
    "^shared/access/",
    String.raw`^shared/(?!platform/|access/|manifest\.ts$)`,
  ),
  upwards("shared-is-below", "shared/ knows no function", "^shared/", "^functions/"),
  {
    name: "functions-apart",
    comment: "what two functions need belongs in shared/",
    severity: "error",
    from: { path: "^functions/([^/]+)/" },
    to: { path: "^functions/", pathNot: "^functions/$1/" },
  },
  {
    name: "deployed-stays-apart",
    comment:
      "nothing that is deployed imports what surrounds it; functions/workshop may import an engine's parts",
    severity: "error",
    from: { ...deployed, pathNot: `^functions/workshop/|${TEST}` },
    to: { path: "^(engine|local|tools|tests|bench)/" },
  },
  {
    name: "workshop-uses-the-kit",
    comment:
      "functions/workshop imports the kit, the work it does, and nothing else that surrounds the product",
    severity: "error",
    from: { path: "^functions/workshop/", pathNot: TEST },
    to: { path: "^(engine/(?!kit/|session/)|local/|tools/|tests/|bench/)" },
  },
  upwards(
    "kit-is-below",
    "the kit needs only the clock, the logger and the trace of the platform",
    "^engine/kit/",
    String.raw`^(functions|local|tools|tests|bench|engine/(?!kit/)|shared/(?!platform/(clock\.ts$|trace\.ts$|log/)))`,
  ),
  upwards(
    "engine-is-below",
    "an engine knows only the platform",
    "^engine/(?!kit/)",
    "^(functions|local|tools|tests|bench|shared/(?!platform/))",
  ),
  upwards("tools-are-below", "tools know only what is deployed", "^tools/", "^(engine|local|tests|bench)/"),
  {
    name: "acceptance-is-outside",
    comment: "acceptance tests know a cloud by its addresses: HTTP, the app's side of the demo, the kit",
    severity: "error",
    from: { path: "^tests/acceptance/" },
    to: {
      path: "^(functions|shared|local|tools|tests/integration|engine/reference)/",
      pathNot: String.raw`^local/demo/(phone/|video\.ts$)|^engine/reference/testing/(glb|photoSamples)\.ts$|^shared/platform/http/problem\.ts$|^tools/checks/declaredCodes\.ts$`,
    },
  },
  {
    name: "unit-tests-alone",
    comment: "a unit test of what is deployed needs no harness and no backend",
    severity: "error",
    from: { path: String.raw`^(functions|shared)/.*\.test\.ts$` },
    to: { path: String.raw`^tests/|^local/(?!testing/)|^local/testing/(backends|cloud|start|run)\.ts$` },
  },
  upwards("local-is-below", "the local cloud knows no test and no bench", "^local/", "^(tests|bench)/"),
  {
    name: "no-test-inside",
    comment: "only tests and benches import what is for tests",
    severity: "error",
    from: { pathNot: `${TESTING}|^bench/|^local/testing/` },
    to: { path: TESTING, pathNot: String.raw`\.d\.ts$` },
  },
  {
    name: "console-stays-apart",
    comment: "the console knows the API by its document only",
    severity: "error",
    from: { path: "^console/" },
    to: { path: "^(functions|shared|engine|local|tools|tests|bench)/" },
  },
  {
    name: "console-is-opened",
    comment: "of the console, the rest knows the addresses of its pages",
    severity: "error",
    from: { pathNot: "^console/" },
    to: { path: "^console/", pathNot: String.raw`^console/src/nav/routes\.ts$` },
  },
  { name: "no-circle", severity: "error", from: {}, to: { circular: true } },
  { name: "leads-nowhere", severity: "error", from: {}, to: { couldNotResolve: true, path: "^[.#]" } },
  {
    name: "imported-by-none",
    comment: "a file that no file but tests imports is not used",
    severity: "error",
    from: { pathNot: String.raw`\.test\.ts$|^tests/` },
    module: {
      path: `^(${FOLDERS.join("|")})/`,
      pathNot: [...ENTRIES, TESTING],
      numberOfDependentsLessThan: 1,
    },
  },
  {
    name: "imported-by-no-test",
    comment: "a file for tests that no file imports is not used",
    severity: "error",
    from: {},
    module: {
      path: TESTING,
      pathNot: [...ENTRIES, TEST, String.raw`\.d\.ts$`],
      numberOfDependentsLessThan: 1,
    },
  },
];

/** Rules about folders, tests left out: a test may use what is above the file it tests. */
export const roomRules: IForbiddenRuleType[] = [
  { name: "no-circle-of-rooms", severity: "error", scope: "folder", from: {}, to: { circular: true } },
];
