/** What each function does with Storage, Cloud Tasks and signing, as the smallest calls that its code makes. */
import type { FunctionName } from "#shared/manifest.ts";
import type { ObjectStore } from "#shared/platform/storage/objectStore.ts";
import type { ObjectWriter } from "#shared/platform/storage/objectWriter.ts";
import type { UrlSigner } from "#shared/platform/storage/urlSigner.ts";
import type { QueueName } from "#shared/platform/tasks/queues.ts";

/** The methods of the two storage clients. */
export const STORAGE_METHODS = [
  "look",
  "readStart",
  "read",
  "write",
  "stream",
  "remove",
  "list",
  "signRead",
  "signCreate",
  "signResumable",
] as const satisfies readonly (keyof (ObjectStore & ObjectWriter & UrlSigner))[];
export type StorageMethod = (typeof STORAGE_METHODS)[number];
export const TASK_METHODS = ["add", "remove"] as const;
export type TaskMethod = (typeof TASK_METHODS)[number];

export type Use =
  /** `prefix`: where in the bucket the function does it; `quarantine/` unless said. */
  | { readonly client: "uploads" | "resources"; readonly method: StorageMethod; readonly prefix?: string }
  | { readonly client: "tasks"; readonly method: TaskMethod; readonly queue: QueueName }
  /** Custom tokens: Firebase's client asks IAM for the signature itself. */
  | { readonly client: "iam"; readonly method: "signBlob" };

const on = (client: "uploads" | "resources", ...methods: StorageMethod[]): Use[] =>
  methods.map((method) => ({ client, method }));
const adds = (...queues: QueueName[]): Use[] =>
  queues.map((queue) => ({ client: "tasks", method: "add", queue }));
/** `ring` adds a task and removes the one that it replaces. */
const RINGS: readonly Use[] = [...adds("ring"), { client: "tasks", method: "remove", queue: "ring" }];
/** Reading results: their objects are looked at, large payloads go to quarantine, objects of removed results are deleted. */
const RESULTS = on("resources", "look", "write", "remove", "list");

export const uses: Readonly<Record<FunctionName, readonly Use[]>> = {
  auth: [{ client: "iam", method: "signBlob" }],
  groups: [
    ...adds("mail"),
    ...on("uploads", "list", "remove", "signRead"),
    ...on("resources", "list", "remove", "signRead"),
  ],
  uploads: on("uploads", "signCreate", "signResumable"),
  streams: [],
  jobs: [...RINGS, ...adds("fetch"), ...on("uploads", "write")],
  library: on("resources", "signRead", "list", "remove"),
  engine: [
    ...RINGS,
    ...adds("timer"),
    ...on("uploads", "signRead"),
    ...on("resources", "look", "readStart", "signCreate"),
  ],
  admin: [
    ...RINGS,
    ...on("uploads", "signCreate", "signResumable"),
    ...RESULTS,
    ...on("resources", "read", "readStart"),
    { client: "resources", method: "signCreate", prefix: "spaces/samples/" },
  ],
  dispatch: [...RINGS, ...adds("timer")],
  workshop: adds("work"),
  outbound: on("uploads", "write", "stream"),
  ingest: [...RINGS, ...on("uploads", "look", "readStart", "remove")],
  sync: RESULTS,
  notify: [],
  sweep: [
    ...RINGS,
    ...adds("timer", "mail", "fetch"),
    ...on("uploads", "list", "look", "readStart", "remove"),
    ...RESULTS,
  ],
};

/**
 * The methods that a function's code calls, from the text of its bundle, which holds only what can be reached.
 * @returns `storage.look`, `tasks.add` and so on
 */
export function methodsCalledIn(bundle: string): Set<string> {
  const storage = STORAGE_METHODS.join("|");
  const tasks = TASK_METHODS.join("|");
  const calls = new RegExp(
    String.raw`\b(?:(?:objects|uploads|resources|store|signer)\.(?<storage>${storage})|tasks(?:\(\)\))?\.(?<tasks>${tasks}))\(`,
    "g",
  );
  const found = new Set<string>();
  for (const { groups } of bundle.matchAll(calls)) {
    if (groups?.storage) found.add(`storage.${groups.storage}`);
    if (groups?.tasks) found.add(`tasks.${groups.tasks}`);
  }
  return found;
}

/** The same of what is listed here. */
export function methodsListedFor(name: FunctionName): Set<string> {
  return new Set(
    uses[name].flatMap(({ client, method }) => {
      if (client === "iam") return [];
      return [`${client === "tasks" ? "tasks" : "storage"}.${method}`];
    }),
  );
}
