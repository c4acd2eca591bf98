/** Every grant with the call that fails without it, in Google's words, found by taking each out in turn. */
import { accountOf, type Grant, type Resource } from "#shared/access/grant.ts";
import { grantsOf, otherAccounts } from "#shared/access/grants.ts";
import type { Role } from "#shared/access/roles.ts";
import { type FunctionName, functions } from "#shared/manifest.ts";
import { type SettingName, settingsFor } from "#shared/platform/config/settings.ts";
import { functionNames } from "#tools/build/functions.ts";
import { bundlesOf, roleProblems } from "#tools/checks/manifestUse.ts";
import { PROJECT_ID } from "../../cloud/plan.ts";
import { bindingOf, localBindings } from "../../cloud/policy.ts";
import type { Binding } from "../../standins/iam/policy.ts";
import { type Use, uses } from "./uses.ts";
import { callerOf, type RolesWorld } from "./world.ts";

export interface Row {
  readonly account: string;
  readonly grant: Grant;
  /** What the account could not do without the grant; undefined when nothing failed, so the grant is not needed. */
  readonly fails: { readonly call: string; readonly words: string } | undefined;
  /** `call`: a stand-in refused it. `comparison`: no emulator checks it; the account's code was compared with its roles. */
  readonly shownBy: "call" | "comparison";
}

/** Takes out each grant of each account. */
export async function roleTable(world: RolesWorld): Promise<Row[]> {
  const bundles = await bundlesOf(functionNames);
  const rows: Row[] = [];
  for (const name of functionNames) {
    for (const grant of grantsOf(name))
      rows.push(await rowOf(world, name, grant, bundles.get(name)?.files ?? new Set()));
  }
  for (const [name, grants] of Object.entries(otherAccounts)) {
    for (const grant of grants) rows.push(await rowOfOther(world, name, grant));
  }
  world.setPolicy(localBindings());
  return rows;
}

/** What accounts can't do with all the roles that they have: a sentence for each call that is refused and each role that is missing. */
export async function missingRoles(
  world: RolesWorld,
  bindings: readonly Binding[] = localBindings(),
): Promise<string[]> {
  const bundles = await bundlesOf(functionNames);
  world.setPolicy(bindings);
  const missing: string[] = [];
  for (const name of functionNames) {
    for (const { call, words } of await refusedCalls(world, name)) missing.push(`${name}: ${call}: ${words}`);
    missing.push(...roleProblems(name, grantsOf(name), bundles.get(name)?.files ?? new Set()));
    const caller = callerOf(name);
    if (caller === undefined) continue;
    await world
      .invoke(name, caller)
      .catch((error) => missing.push(`${caller} calls ${name}: ${wordsOf(error)}`));
  }
  for (const { account, role, call } of USED_OUTSIDE) {
    if (!otherAccounts[account].some((grant) => grant.role === role))
      missing.push(`${account}: ${call} is without ${role}`);
  }
  return missing;
}

/** The calls of one function that are refused now. */
export async function refusedCalls(
  world: RolesWorld,
  name: FunctionName,
): Promise<{ readonly call: string; readonly words: string }[]> {
  const refused: { call: string; words: string }[] = [];
  for (const use of uses[name]) {
    try {
      await world.perform(name, use);
    } catch (error) {
      refused.push({ call: callName(use), words: wordsOf(error) });
    }
  }
  return refused;
}

async function rowOf(
  world: RolesWorld,
  name: FunctionName,
  grant: Grant,
  files: ReadonlySet<string>,
): Promise<Row> {
  const { on } = grant;
  if (on.type === "secret")
    return { account: name, grant, fails: withoutSecret(name, on.setting), shownBy: "comparison" };
  if (on.type === "project" || on.type === "topic")
    return {
      account: name,
      grant,
      fails: comparedWithout(name, grantsOf(name), grant, files),
      shownBy: "comparison",
    };
  if (on.type === "service") return invocation(world, name, grant, on.function);
  return { account: name, grant, fails: await failsWithout(world, name, grant), shownBy: "call" };
}

/** What a function's code would miss without one of its grants, beside what it misses with all of them. */
export function comparedWithout(
  name: FunctionName,
  grants: readonly Grant[],
  grant: Grant,
  files: ReadonlySet<string>,
): Row["fails"] {
  const before = new Set(roleProblems(name, grants, files));
  const without = grants.filter((other) => other !== grant);
  const words = roleProblems(name, without, files).find((problem) => !before.has(problem));
  return words === undefined ? undefined : { call: "its client", words };
}

/**
 * What a function could not do without a grant that a stand-in checks, beside what it can't do with all of them; undefined when it would miss
 * nothing.
 */
export async function failsWithout(
  world: RolesWorld,
  name: FunctionName,
  grant: Grant,
  bindings: readonly Binding[] = localBindings(),
): Promise<Row["fails"]> {
  const out = JSON.stringify(bindingOf(name, grant));
  world.setPolicy(bindings.filter((binding) => JSON.stringify(binding) !== out));
  const refused = await refusedCalls(world, name);
  if (refused.length === 0) return undefined;
  world.setPolicy(bindings);
  const before = new Set((await refusedCalls(world, name)).map(({ call }) => call));
  return refused.find(({ call }) => !before.has(call));
}

async function rowOfOther(world: RolesWorld, name: string, grant: Grant): Promise<Row> {
  const { on } = grant;
  const called = functionNames.find((other) => on.type === "service" && on.function === other);
  if (called === undefined) {
    return { account: name, grant, fails: usedOutside(name, grant), shownBy: "comparison" };
  }
  if (functions[called].invoker === "events" && name === "events") {
    const call = `a call of ${called}`;
    const { trigger } = functions[called];
    const words = `the ${trigger.type} trigger of ${called} delivers with this account; emulators deliver without a token`;
    return { account: name, grant, fails: { call, words }, shownBy: "comparison" };
  }
  return invocation(world, name, grant, called);
}

/** A call of a private function without the grant. */
async function invocation(world: RolesWorld, name: string, grant: Grant, called: string): Promise<Row> {
  const out = JSON.stringify(bindingOf(name, grant));
  world.setPolicy(localBindings().filter((binding) => JSON.stringify(binding) !== out));
  try {
    await world.invoke(called, accountOf(name, PROJECT_ID));
    return { account: name, grant, fails: undefined, shownBy: "call" };
  } catch (error) {
    return {
      account: name,
      grant,
      fails: { call: `a call of ${called}`, words: wordsOf(error) },
      shownBy: "call",
    };
  }
}

/** What the accounts that no function runs as do that nothing local checks, with the role that each call needs. */
const USED_OUTSIDE = [
  { account: "events", role: "roles/eventarc.eventReceiver", call: "the delivery of every event" },
  { account: "migrations", role: "roles/cloudsql.client", call: "the connection of the migrations" },
  { account: "migrations", role: "roles/cloudsql.instanceUser", call: "the login of the migrations" },
] as const satisfies readonly { account: keyof typeof otherAccounts; role: Role; call: string }[];

/** What needs a role that is checked by Google only; undefined for any other role. */
export function usedOutside(name: string, { role, on }: Pick<Grant, "role" | "on">): Row["fails"] {
  const use = USED_OUTSIDE.find((one) => one.account === name && one.role === role);
  return use && on.type === "project" ? { call: use.call, words: "checked by Google only" } : undefined;
}

/** A function whose secret can't be read has no value for its setting. */
function withoutSecret(name: FunctionName, setting: SettingName): Row["fails"] {
  const settings: readonly SettingName[] = functions[name].settings;
  try {
    settingsFor(
      settings.filter((other) => other === setting),
      {},
    );
    return undefined;
  } catch (error) {
    return { call: "its start", words: wordsOf(error) };
  }
}

function callName(use: Use): string {
  switch (use.client) {
    case "tasks":
      return `${use.method === "add" ? "createTask" : "deleteTask"} in ${use.queue}`;
    case "iam":
      return "signBlob";
    default:
      return `${use.client}.${use.method}`;
  }
}

/** A resource as a person reads it. */
export function resourceText(on: Resource): string {
  switch (on.type) {
    case "project":
      return "project";
    case "bucket":
      return `${on.setting}${on.prefix === undefined ? "" : ` ${on.prefix}`}`;
    case "topic":
      return `topic ${on.topic}`;
    case "queue":
      return `queue ${on.queue}`;
    case "serviceAccount":
      return `account ${on.account}`;
    case "secret":
      return `secret ${on.setting}`;
    case "service":
      return `service ${on.function}`;
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
