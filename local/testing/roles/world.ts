/** The stand-ins that check roles, in this process, with a policy that can be changed between two calls. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { z } from "zod";
import { type FunctionName, functions } from "#shared/manifest.ts";
import { SigningAuth } from "#shared/platform/google/signingAuth.ts";
import { type ObjectStore, objectStore } from "#shared/platform/storage/objectStore.ts";
import { type ObjectWriter, objectWriter } from "#shared/platform/storage/objectWriter.ts";
import { type SignedRequest, type UrlSigner, urlSigner } from "#shared/platform/storage/urlSigner.ts";
import { queues } from "#shared/platform/tasks/queues.ts";
import { createTaskQueue, type TaskQueue } from "#shared/platform/tasks/taskQueue.ts";
import { functionNames } from "#tools/build/functions.ts";
import { REGION } from "#tools/build/region.ts";
import { writeWhole } from "../../cloud/parts.ts";
import { accounts, buckets, functionAccount, PROJECT_ID } from "../../cloud/plan.ts";
import { localBindings } from "../../cloud/policy.ts";
import { invokerCheck } from "../../firebase/invoker.ts";
import { freePort, LOOPBACK } from "../../processes/ports.ts";
import { type Binding, policyInFile } from "../../standins/iam/policy.ts";
import { type Identity, startIdentity } from "../../standins/identity/server.ts";
import { callersFrom } from "../../standins/storage/access.ts";
import { startStorage } from "../../standins/storage/server.ts";
import { startTasks, type TasksStandIn } from "../../standins/tasks/server.ts";
import type { StorageMethod, Use } from "./uses.ts";

export interface RolesWorld {
  /** From now on the accounts have these roles only. */
  setPolicy(bindings: readonly Binding[]): void;
  /** Makes one call as a function's account. @throws what it is refused with */
  perform(name: FunctionName, use: Use): Promise<void>;
  /** Calls a private function as its caller. @throws Error with the answer that takes the function's place */
  invoke(name: string, caller: string): Promise<void>;
  close(): Promise<void>;
}

interface Clients {
  readonly uploads: ObjectStore & ObjectWriter & UrlSigner;
  readonly resources: ObjectStore & ObjectWriter & UrlSigner;
  readonly tasks: TaskQueue;
}

const BODY = Buffer.from("some bytes");
const DECLARED = { contentType: "application/octet-stream", size: BODY.length };
const AUDIENCE = "http://functions.example";

/** Starts the stand-ins; the policy is the project's own. One world at a time: clients find theirs by the environment. */
export async function openRolesWorld(): Promise<RolesWorld> {
  const dir = mkdtempSync(join(tmpdir(), "reverie-roles-"));
  const policyFile = join(dir, "policy.json");
  const setPolicy = (bindings: readonly Binding[]) => writeWhole(policyFile, JSON.stringify({ bindings }));
  setPolicy(localBindings());
  const policy = policyInFile(policyFile);
  const metadataPorts = await portsFor(functionNames);
  const identity = await startIdentity({
    port: 0,
    dataDir: join(dir, "identity"),
    projectId: PROJECT_ID,
    serviceAccounts: [...functionNames.map(functionAccount), ...Object.values(accounts)].map((email) => ({
      email,
    })),
    runtimeServiceAccount: accounts.owner,
    metadata: functionNames.map((name) => ({
      port: metadataPorts.get(name) ?? 0,
      serviceAccount: functionAccount(name),
    })),
    oauthClients: [],
    policy,
  });
  const storage = await startStorage({
    port: 0,
    dataDir: join(dir, "storage"),
    buckets: Object.values(buckets).map((name) => ({ name })),
    publicKeys: identity.publicKeyOf,
    access: { policy, callerOf: callersFrom(`${identity.url}/v1/userinfo`) },
  });
  const tasks = await startTasks({
    port: 0,
    dataDir: join(dir, "tasks"),
    queues: Object.keys(queues).map((name) => ({ name, projectId: PROJECT_ID, location: REGION })),
    mintIdToken: identity.mintIdToken,
    access: {
      policy,
      account: accounts.owner,
      ports: functionNames.map((name) => ({ port: 0, account: functionAccount(name) })),
    },
  });
  process.env.STORAGE_EMULATOR_HOST = storage.url;
  process.env.METADATA_SERVER_DETECTION = "assume-present";

  /** Google's libraries ask for the account's token at a client's first call, and keep it. */
  const as = (metadataHost: string) => {
    process.env.GCE_METADATA_HOST = metadataHost;
  };
  const owner = () => as(identity.metadataHost);
  owner();
  const owners = clientsOf(tasks.port, identity);
  await Promise.all([owners.uploads.look("none"), owners.resources.look("none")]);
  const known = new Map<FunctionName, Clients>();
  let count = 0;

  return {
    setPolicy,
    async perform(name, use) {
      count += 1;
      as(`${LOOPBACK}:${metadataPorts.get(name)}`);
      const clients = known.get(name) ?? clientsOf(portOf(tasks, name), identity);
      known.set(name, clients);
      if (use.client === "iam") return signBlob(name, `${LOOPBACK}:${metadataPorts.get(name)}`, identity);
      if (use.client === "tasks") return performOnTasks(use, clients.tasks, owners.tasks, count);
      const object = `${use.prefix ?? "quarantine/"}${count}`;
      return performOnStorage(use.method, clients[use.client], owners[use.client], object);
    },
    async invoke(name, caller) {
      const check = invokerCheck({
        service: name,
        audience: AUDIENCE,
        issuer: identity.issuer,
        publicKey: identity.idTokenKey,
        policyFile,
      });
      const refusal = check(`Bearer ${await identity.mintIdToken(caller, AUDIENCE)}`);
      if (refusal !== undefined) throw new Error(`${refusal.status} ${textOf(refusal.body)}`);
    },
    async close() {
      await Promise.all([storage.close(), tasks.close(), identity.close()]);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function portsFor(names: readonly FunctionName[]): Promise<Map<FunctionName, number>> {
  const ports = new Map<FunctionName, number>();
  for (const name of names) ports.set(name, await freePort());
  return ports;
}

function portOf(tasks: TasksStandIn, name: FunctionName): number {
  return tasks.accountPorts[functionNames.indexOf(name)] ?? 0;
}

function clientsOf(tasksPort: number, identity: Identity): Clients {
  const settings = {
    GOOGLE_CLOUD_PROJECT: PROJECT_ID,
    SIGNING_ENDPOINT: identity.signingEndpoint,
    TASKS_LOCATION: REGION,
    TASKS_ENDPOINT: `${LOOPBACK}:${tasksPort}`,
    TASKS_SERVICE_ACCOUNT: accounts.tasks,
  };
  // Each account's own: what signers of one process share by default is one account.
  const auth = new SigningAuth();
  const bucket = (name: string) => ({
    ...objectWriter(name, settings),
    ...objectStore(name, settings),
    ...urlSigner(name, settings, auth),
  });
  return {
    uploads: bucket(buckets.UPLOADS_BUCKET),
    resources: bucket(buckets.RESOURCES_BUCKET),
    tasks: createTaskQueue(settings, "http://127.0.0.1:1"),
  };
}

type OnTasks = Extract<Use, { client: "tasks" }>;

async function performOnTasks(
  { method, queue }: OnTasks,
  tasks: TaskQueue,
  owner: TaskQueue,
  count: number,
): Promise<void> {
  const task = {
    queue,
    name: `task-${count}`,
    path: "/",
    body: {},
    at: new Date(Date.now() + 3_600_000),
  } as const;
  if (method === "remove") {
    await owner.add(task);
    await tasks.remove(queue, task.name);
  } else await tasks.add(task);
}

/** Makes the call on an object that is there, or is not, as the call needs it; what a URL was signed for is then done with it. */
async function performOnStorage(
  method: StorageMethod,
  store: Clients["uploads"],
  owner: ObjectStore,
  object: string,
): Promise<void> {
  const until = new Date(Date.now() + 600_000);
  const made = async (): Promise<string> => {
    await owner.write(object, BODY, DECLARED.contentType);
    return (await owner.look(object))?.generation ?? "";
  };
  switch (method) {
    case "look":
      await made();
      await store.look(object);
      return;
    case "readStart":
      await store.readStart(object, await made(), 4);
      return;
    case "read":
      await made();
      await store.read(object);
      return;
    case "write":
      await store.write(object, BODY, DECLARED.contentType);
      return;
    case "stream":
      await store.stream(object, Readable.from([BODY]), DECLARED.contentType);
      return;
    case "remove":
      await made();
      await store.remove(object);
      return;
    case "list":
      for await (const _ of store.list("quarantine/")) return;
      return;
    case "signRead":
      return useUrl({ method: "GET", url: await store.signRead(object, await made(), until), headers: {} });
    case "signCreate":
      return useUrl(await store.signCreate(object, DECLARED, until), BODY);
    case "signResumable":
      return useUrl(await store.signResumable(object, DECLARED, until));
  }
}

async function useUrl(
  request: Omit<SignedRequest, "method"> & { readonly method: string },
  body?: Buffer,
): Promise<void> {
  const { method, url, headers } = request;
  const answer = await fetch(url, {
    method,
    headers: { ...headers },
    ...(body ? { body: new Uint8Array(body) } : {}),
  });
  const text = (await answer.text()).replaceAll("&apos;", "'");
  if (!answer.ok) throw new Error(`${answer.status} ${/<Details>(.*)<\/Details>/.exec(text)?.[1] ?? text}`);
}

/** As Firebase's client does it, whose address of IAM can't be set. */
async function signBlob(name: FunctionName, metadataHost: string, identity: Identity): Promise<void> {
  const url = `http://${metadataHost}/computeMetadata/v1/instance/service-accounts/default/token`;
  const token = await (await fetch(url, { headers: { "metadata-flavor": "Google" } })).json();
  const { access_token } = z.object({ access_token: z.string() }).parse(token);
  const answer = await fetch(`${identity.signingEndpoint}${functionAccount(name)}:signBlob`, {
    method: "POST",
    headers: { authorization: `Bearer ${access_token}`, "content-type": "application/json" },
    body: JSON.stringify({ payload: BODY.toString("base64") }),
  });
  const body = await answer.text();
  if (answer.ok) return;
  const { error } = z.object({ error: z.object({ message: z.string() }) }).parse(JSON.parse(body));
  throw new Error(`${answer.status} ${error.message}`);
}

function textOf(html: string): string {
  return html
    .replace(/<title>.*<\/title>/, "")
    .replace(/<[^>]+>/g, " ")
    .replace(/\s+/g, " ")
    .trim();
}

/** The caller of a private HTTP function, as the manifest names it. */
export function callerOf(name: FunctionName): string | undefined {
  const { invoker } = functions[name];
  return invoker === "tasks" || invoker === "scheduler" ? accounts[invoker] : undefined;
}
