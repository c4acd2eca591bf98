/** What each function really reads and calls, to be compared with what the manifest says of it. */
import { basename } from "node:path";
import { build } from "esbuild";
import type { Grant } from "#shared/access/grant.ts";
import type { Role } from "#shared/access/roles.ts";
import type { FunctionName } from "#shared/manifest.ts";
import { ROOT } from "../build/functions.ts";

/** A source of `values` that notes which of them are read. */
export function recorded<Values extends object>(values: Values): { settings: Values; read: Set<string> } {
  const read = new Set<string>();
  const settings = new Proxy(values, {
    get(target, name, receiver) {
      read.add(String(name));
      return Reflect.get(target, name, receiver);
    },
  });
  return { settings, read };
}

/** A sentence for each setting that is listed and not read, or read and not listed. */
export function settingProblems(
  name: string,
  listed: readonly string[],
  read: ReadonlySet<string>,
): string[] {
  return [
    ...listed.filter((setting) => !read.has(setting)).map((setting) => `${name} never reads ${setting}`),
    ...[...read]
      .filter((setting) => !listed.includes(setting))
      .map((setting) => `${name} reads ${setting}, which its entry doesn't list`),
    ...listed
      .filter((setting, index) => listed.indexOf(setting) !== index)
      .map((setting) => `${name} lists ${setting} twice`),
  ];
}

const PLATFORM = "shared/platform";

/** Which roles let which client work: with the file in its bundle, a function needs one of them. */
export const NEEDS: readonly { readonly client: string; readonly anyOf: readonly Role[] }[] = [
  { client: `${PLATFORM}/sql/pool.ts`, anyOf: ["roles/cloudsql.client"] },
  { client: `${PLATFORM}/sql/pool.ts`, anyOf: ["roles/cloudsql.instanceUser"] },
  { client: `${PLATFORM}/firestore/client.ts`, anyOf: ["roles/datastore.user"] },
  { client: `${PLATFORM}/firestore/rest/client.ts`, anyOf: ["roles/datastore.user"] },
  { client: `${PLATFORM}/tasks/taskQueue.ts`, anyOf: ["roles/cloudtasks.enqueuer"] },
  // A task carries an OIDC token of another account.
  { client: `${PLATFORM}/tasks/taskQueue.ts`, anyOf: ["roles/iam.serviceAccountUser"] },
  { client: "shared/queue/bell.ts", anyOf: ["roles/cloudtasks.taskDeleter"] },
  { client: `${PLATFORM}/pubsub/publisher.ts`, anyOf: ["roles/pubsub.publisher"] },
  { client: `${PLATFORM}/storage/objectStore.ts`, anyOf: ["roles/storage.objectViewer"] },
  {
    client: `${PLATFORM}/storage/objectStore.ts`,
    anyOf: ["reverie.objectDeleter", "roles/storage.objectCreator"],
  },
  { client: `${PLATFORM}/storage/objectWriter.ts`, anyOf: ["roles/storage.objectCreator"] },
  { client: `${PLATFORM}/storage/urlSigner.ts`, anyOf: ["roles/iam.serviceAccountTokenCreator"] },
  // A signed URL allows what its signer may do.
  {
    client: `${PLATFORM}/storage/urlSigner.ts`,
    anyOf: ["roles/storage.objectViewer", "roles/storage.objectCreator"],
  },
  { client: `${PLATFORM}/google/firebaseAccounts.ts`, anyOf: ["roles/firebaseauth.admin"] },
  { client: `${PLATFORM}/google/customTokens.ts`, anyOf: ["roles/iam.serviceAccountTokenCreator"] },
  // It rings `workshop`, which is private in IAM, among others.
  { client: `${PLATFORM}/google/engineBell.ts`, anyOf: ["roles/run.invoker"] },
  { client: "functions/notify/pushSender.ts", anyOf: ["roles/firebasecloudmessaging.admin"] },
];

/** Files of the platform that make a client and need no role of their own. */
export const ROLELESS: Readonly<Record<string, string>> = {
  [`${PLATFORM}/google/accessTokens.ts`]:
    "tokens of the function's own account, for clients that are in the table",
  [`${PLATFORM}/google/idTokens.ts`]:
    "ID tokens of the function's own account; who is called decides who may",
  [`${PLATFORM}/storage/client.ts`]: "the one maker of two clients that are in the table",
  [`${PLATFORM}/sql/login.ts`]: "a client that only reads the connection string and never connects",
  [`${PLATFORM}/mail/mailer.ts`]: "the mail server's own login",
  [`${PLATFORM}/google/firebaseAuth.ts`]: "the one loader of two clients that are in the table",
};

/** A sentence for each client without its role, and for each role without a client. Secrets follow from the settings. */
export function roleProblems(name: string, grants: readonly Grant[], files: ReadonlySet<string>): string[] {
  const roles = new Set(grants.filter(({ on }) => on.type !== "secret").map(({ role }) => role));
  const needs = NEEDS.filter(({ client }) => files.has(client));
  return [
    ...needs
      .filter(({ anyOf }) => !anyOf.some((role) => roles.has(role)))
      .map(({ client, anyOf }) => `${name} has ${client} without ${anyOf.join(" or ")}`),
    ...[...roles]
      .filter((role) => !needs.some(({ anyOf }) => anyOf.includes(role)))
      .map((role) => `${name} has ${role} and nothing that needs it`),
  ];
}

/** What of the project's own code can be reached in a function. */
export interface Bundle {
  /** Files with code in it: what is imported for its types only is not among them. */
  readonly files: ReadonlySet<string>;
  readonly text: string;
}

/** The bundle of each function, packages left out. */
export async function bundlesOf(names: readonly FunctionName[]): Promise<ReadonlyMap<FunctionName, Bundle>> {
  const { metafile, outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: names.map((name) => ({ in: `functions/${name}/index.ts`, out: name })),
    outdir: "none",
    write: false,
    metafile: true,
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
    logLevel: "error",
  });
  return new Map(
    names.map((name) => {
      const inputs = Object.entries(metafile.outputs[`none/${name}.js`]?.inputs ?? {});
      const files = inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([file]) => file);
      const text = outputFiles.find(({ path }) => basename(path) === `${name}.js`)?.text ?? "";
      return [name, { files: new Set(files), text }];
    }),
  );
}
