/** The project's grants as the policy that the stand-ins check, with the names that things have here. */
import { accountOf, type Grant, type Resource } from "#shared/access/grant.ts";
import { grantsOf, otherAccounts } from "#shared/access/grants.ts";
import { functionNames } from "#tools/build/functions.ts";
import { REGION } from "#tools/build/region.ts";
import type { InvokerCheck } from "../firebase/invoker.ts";
import { type Binding, OWNER_ROLE, resources } from "../standins/iam/policy.ts";
import type { Identity } from "../standins/identity/server.ts";
import { accounts, buckets, type CloudPlan, PROJECT_ID } from "./plan.ts";

/** Every grant of every account, and the owner's. */
export function localBindings(): Binding[] {
  const named: [string, readonly Grant[]][] = [
    ...functionNames.map((name): [string, readonly Grant[]] => [name, grantsOf(name)]),
    ...Object.entries(otherAccounts),
  ];
  return [
    { member: accounts.owner, role: OWNER_ROLE, resource: "project" },
    ...named.flatMap(([name, grants]) => grants.map((grant) => bindingOf(name, grant))),
  ];
}

/** @param name of the account that has the grant, for `accountOf` */
export function bindingOf(name: string, { role, on }: Grant): Binding {
  return {
    member: accountOf(name, PROJECT_ID),
    role,
    resource: resourceName(on, name),
    ...(on.type === "bucket" && on.prefix !== undefined ? { prefix: on.prefix } : {}),
  };
}

function resourceName(on: Resource, self: string): string {
  switch (on.type) {
    case "project":
      return "project";
    case "bucket":
      return resources.bucket(buckets[on.setting]);
    case "topic":
      return resources.topic(PROJECT_ID, on.topic);
    case "queue":
      return resources.queue(`projects/${PROJECT_ID}/locations/${REGION}/queues/${on.queue}`);
    case "serviceAccount":
      return resources.serviceAccount(accountOf(on.account === "self" ? self : on.account, PROJECT_ID));
    case "secret":
      return resources.secret(PROJECT_ID, on.setting);
    case "service":
      return resources.service(on.function);
  }
}

/** The check of callers of each private function. */
export function invokerChecks(plan: CloudPlan, identity: Identity): Record<string, InvokerCheck> {
  const { dispatch, outbound, workshop, sweep } = plan.urls;
  return Object.fromEntries(
    Object.entries({ dispatch, outbound, workshop, sweep }).map(([service, audience]) => [
      service,
      {
        service,
        audience,
        issuer: identity.issuer,
        publicKey: identity.idTokenKey,
        policyFile: plan.files.policy,
      },
    ]),
  );
}
