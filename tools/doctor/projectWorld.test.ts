import assert from "node:assert/strict";
import { test } from "node:test";
import { grantsOf, otherAccounts } from "#shared/access/grants.ts";
import { queues } from "#shared/platform/tasks/queues.ts";
import { checks } from "./checks.ts";
import { projectWorld } from "./projectWorld.ts";
import type { World } from "./world.ts";

interface Asked {
  readonly url: string;
  readonly body: unknown;
  readonly as: string | null;
  readonly quota: string | null;
}

const FUNCTION = {
  serviceConfig: {
    uri: "https://admin-abc.run.app/",
    environmentVariables: {
      PUBLIC_ORIGIN: "https://demo.web.app",
      ADMIN_CALLERS: "ops@demo.iam.gserviceaccount.com",
    },
    secretEnvironmentVariables: [{ key: "CODE_KEY", secret: "CODE_KEY" }],
  },
};

/** Google's APIs, as far as they are asked: by the end of the address; 404 for the rest. */
async function world(answers: Readonly<Record<string, unknown>>): Promise<{ world: World; asked: Asked[] }> {
  const asked: Asked[] = [];
  const all = { "/functions/admin": FUNCTION, ...answers };
  const request: typeof fetch = async (input, init = {}) => {
    const url = String(input);
    const headers = new Headers(init.headers);
    asked.push({
      url,
      body: typeof init.body === "string" ? JSON.parse(init.body) : undefined,
      as: headers.get("authorization"),
      quota: headers.get("x-goog-user-project"),
    });
    const [, answer] = Object.entries(all).find(([end]) => url.split("?")[0]?.endsWith(end)) ?? [];
    return answer === undefined ? new Response("{}", { status: 404 }) : Response.json(answer);
  };
  const made = await projectWorld({
    projectId: "demo",
    region: "us-central1",
    accessToken: async () => "operator",
    now: () => new Date("2026-03-01T10:00:00Z"),
    request,
  });
  return { world: made, asked };
}

test("a function's settings are read, of a secret only whether it has a value", async () => {
  const { world: demo } = await world({ "/secrets/CODE_KEY/versions": { versions: [{ name: "1" }] } });
  assert.equal(demo.origin, "https://demo.web.app");
  assert.equal(demo.addressOf("admin"), "https://admin-abc.run.app");
  assert.deepEqual(await demo.environment("admin"), {
    ...FUNCTION.serviceConfig.environmentVariables,
    CODE_KEY: { hasValue: true },
  });
  assert.equal(await demo.environment("auth"), undefined);
});

test("roles are asked for as the account itself, on the grant's own resource", async () => {
  const { world: demo, asked } = await world({
    ":generateAccessToken": { accessToken: "of the account" },
    "/iam/testPermissions": { permissions: ["storage.objects.get", "storage.objects.list"] },
    "/queues/ring:testIamPermissions": { permissions: [] },
  });
  const grants = grantsOf("ingest");
  const views = grants.find(({ role }) => role === "roles/storage.objectViewer");
  const rings = grants.find(({ role }) => role === "roles/cloudtasks.enqueuer");
  assert.ok(views && rings);
  assert.equal(await demo.holds("ingest", views), true);
  assert.equal(await demo.holds("ingest", rings), false);
  const tested = asked.filter(({ url }) => /estI?a?m?Permissions/.test(url));
  assert.deepEqual(
    tested.map(({ as }) => as),
    ["Bearer of the account", "Bearer of the account"],
  );
  // Quota of this project for the person's own requests; an account's requests count on its project by themselves.
  for (const { as, quota } of asked) assert.equal(quota, as === "Bearer operator" ? "demo" : null);
  assert.match(
    tested[0]?.url ?? "",
    /\/b\/demo-uploads\/iam\/testPermissions\?permissions=storage.objects.get/,
  );
  assert.match(
    asked.find(({ url }) => url.endsWith(":generateAccessToken"))?.url ?? "",
    /reverie-ingest@demo/,
  );
});

test("every sort of resource that a grant is on can be asked about", async () => {
  const { world: demo } = await world({ ":generateAccessToken": { accessToken: "of the account" } });
  for (const grant of [...grantsOf("engine"), ...grantsOf("auth"), ...otherAccounts.tasks])
    assert.equal(await demo.holds("engine", grant), false, grant.role);
});

test("an absent queue is a fault of the deployment, a paused one of its state", async () => {
  const there = Object.keys(queues).filter((name) => name !== "mail");
  const { world: demo } = await world(
    Object.fromEntries(
      there.map((name) => [`/queues/${name}`, { state: name === "timer" ? "PAUSED" : "RUNNING" }]),
    ),
  );
  const found = async (check: string) => (await checks[check]?.look(demo))?.problems;
  assert.deepEqual(await found("queues"), ["there is no queue mail: apply"]);
  assert.deepEqual(await found("paused queues"), [
    "the queue timer is paused: gcloud tasks queues resume timer",
  ]);
  assert.equal(checks.queues?.about, "configuration");
  assert.equal(checks["paused queues"]?.about, "state");
});

test("Cloud Run knows a function's addresses; internal ingress hides it from here", async () => {
  const urls = ["https://dispatch-1.us-central1.run.app", "https://dispatch-abc.run.app"];
  const { world: demo } = await world({
    "/services/dispatch": { urls },
    "/functions/dispatch": {
      serviceConfig: { uri: "https://dispatch-abc.run.app", ingressSettings: "ALLOW_INTERNAL_ONLY" },
    },
  });
  assert.deepEqual(await demo.addressesOf("dispatch"), urls);
  assert.equal(demo.isReachable("dispatch"), false);
  assert.equal(demo.isReachable("admin"), true);
  assert.deepEqual(await demo.addressesOf("auth"), []);
});

test("messages that were given up are counted by Cloud Monitoring", async () => {
  const { world: demo } = await world({
    "/timeSeries": { timeSeries: [{ points: [{ value: { int64Value: "3" } }] }] },
  });
  assert.equal(await demo.deadMessages("job-events"), 3);
  assert.equal(await (await world({})).world.deadMessages("job-events"), undefined);
});

test("a project without functions is said to be one", async () => {
  const request: typeof fetch = async () => new Response("{}", { status: 404 });
  const deps = {
    projectId: "empty",
    region: "us-central1",
    accessToken: async () => "",
    now: () => new Date(),
    request,
  };
  await assert.rejects(projectWorld(deps), /no function is deployed in projects\/empty/);
});
