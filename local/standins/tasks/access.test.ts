/** What callers without a role are refused, in Google's words; each account has a port of its own. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { CloudTasksClient } from "@google-cloud/tasks";
import { status } from "@grpc/grpc-js";
import { type Binding, policyOf, resources } from "../iam/policy.ts";
import { openClient, openTasks, queueConfig, queuePath, taskPath } from "./harness.ts";

const MEMBER = "reverie-jobs@reverie-test.iam.gserviceaccount.com";
const TASKS = "reverie-tasks@reverie-test.iam.gserviceaccount.com";
const OWNER = "owner@reverie-test.iam.gserviceaccount.com";
const on = (role: Binding["role"], resource: string): Binding => ({ member: MEMBER, role, resource });
const OWNS: Binding = { member: OWNER, role: "roles/owner", resource: "project" };
const ENQUEUES = on("roles/cloudtasks.enqueuer", resources.queue(queuePath("ring")));
const ACTS_AS = on("roles/iam.serviceAccountUser", resources.serviceAccount(TASKS));
const DELETES = on("roles/cloudtasks.taskDeleter", resources.queue(queuePath("ring")));

/** The stand-in, a client with `MEMBER`'s roles, which a test sets, and the owner's. */
async function open(t: TestContext) {
  let bindings: Binding[] = [];
  const { client: owner, accountPorts } = await openTasks(t, [queueConfig("ring"), queueConfig("mail")], {
    access: {
      policy: {
        allows: (...question) => policyOf([OWNS, ...bindings]).allows(...question),
      },
      account: OWNER,
      ports: [{ port: 0, account: MEMBER }],
    },
  });
  const client = openClient(t, accountPorts[0] ?? 0);
  const roles = (...given: Binding[]) => {
    bindings = given;
  };
  return { owner, client, roles };
}

function create(client: CloudTasksClient, queue: string, name: string, oidc = true) {
  return client.createTask({
    parent: queuePath(queue),
    task: {
      name: taskPath(queue, name),
      scheduleTime: { seconds: Math.floor(Date.now() / 1000) + 3600 },
      httpRequest: {
        url: "http://127.0.0.1:1/",
        ...(oidc ? { oidcToken: { serviceAccountEmail: TASKS } } : {}),
      },
    },
  });
}
const denied = (permission: string, resource: string) => ({
  code: status.PERMISSION_DENIED,
  details: `The principal (user or service account) lacks IAM permission "${permission}" for the resource "${resource}" (or the resource may not exist).`,
});

test("creating a task needs roles on its queue and on the account of its token", async (t) => {
  const { client, roles } = await open(t);
  roles(ENQUEUES, ACTS_AS);
  await create(client, "ring", "one");
  await assert.rejects(create(client, "mail", "one"), denied("cloudtasks.tasks.create", queuePath("mail")));
  roles(ACTS_AS);
  await assert.rejects(create(client, "ring", "two"), denied("cloudtasks.tasks.create", queuePath("ring")));
  roles(ENQUEUES);
  await assert.rejects(create(client, "ring", "two"), denied("iam.serviceAccounts.actAs", TASKS));
  await create(client, "ring", "without-token", false);
});

test("deleting a task needs a permission of its own", async (t) => {
  const { client, roles } = await open(t);
  roles(ENQUEUES, ACTS_AS);
  await create(client, "ring", "three");
  const name = taskPath("ring", "three");
  await assert.rejects(client.deleteTask({ name }), denied("cloudtasks.tasks.delete", name));
  roles(DELETES);
  await client.deleteTask({ name });
});

test("the stand-in's first port is the account that it was given", async (t) => {
  const { client, owner } = await open(t);
  await create(owner, "mail", "four");
  await assert.rejects(create(client, "mail", "five"), denied("cloudtasks.tasks.create", queuePath("mail")));
});
