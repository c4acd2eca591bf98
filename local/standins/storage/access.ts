/** Whether the caller of a request may make it, by IAM's roles on the bucket; in Google's words where not. */
import { type Policy, resources } from "../iam/policy.ts";
import { type Exchange, header } from "./exchange.ts";
import { accessDenied, invalidCredentials, loginRequired } from "./failure.ts";
import type { ObjectStorage, Target } from "./objectStorage.ts";

export type Permission = `storage.objects.${"create" | "delete" | "get" | "list"}`;

export interface StorageAccess {
  readonly policy: Policy;
  /** The account that an access token stands for; undefined for one that is expired, or that was issued elsewhere. */
  readonly callerOf: (accessToken: string) => Promise<string | undefined>;
}

/** The caller of one request, known by a token or by the signature of a URL. */
export interface Caller {
  /**
   * @param object left out where the whole bucket is concerned
   * @throws StorageError 401 for a caller without a name, 403 for one without the permission
   */
  need(permission: Permission, bucket: string, object?: string): void;
  has(permission: Permission, bucket: string, object?: string): boolean;
}

/** Where nothing is checked: a stand-in without accounts. */
const anyone: Caller = { need: () => {}, has: () => true };

/** The caller that the Authorization header names. @throws StorageError 401 */
export async function callerByToken(exchange: Exchange, access: StorageAccess | undefined): Promise<Caller> {
  if (access === undefined) return anyone;
  const authorization = header(exchange, "authorization");
  if (authorization === undefined) return callerNamed(undefined, access);
  const token = /^Bearer (\S+)$/i.exec(authorization)?.[1];
  const email = token === undefined ? undefined : await access.callerOf(token);
  if (email === undefined) throw invalidCredentials();
  return callerNamed(email, access);
}

/** @param email undefined for a caller that gave no name */
export function callerNamed(email: string | undefined, access: StorageAccess | undefined): Caller {
  if (access === undefined) return anyone;
  const has: Caller["has"] = (permission, bucket, object) =>
    email !== undefined && access.policy.allows(email, permission, resources.bucket(bucket), object);
  return {
    has,
    need(permission, bucket, object) {
      if (has(permission, bucket, object)) return;
      const what = permission === "storage.objects.list" ? "bucket" : "object";
      const details = `${email ?? "Anonymous caller"} does not have ${permission} access to the Google Cloud Storage ${what}. Permission '${permission}' denied on resource (or it may not exist).`;
      throw email === undefined ? loginRequired(details) : accessDenied(details);
    },
  };
}

/**
 * What writing an object needs. To write over another is to delete it too; where a precondition asks that none is there, that one
 * decides. @throws StorageError 401, 403
 */
export function needToCreate(
  caller: Caller,
  { bucket, name, conditions }: Pick<Target, "bucket" | "name" | "conditions">,
  storage: ObjectStorage,
): void {
  caller.need("storage.objects.create", bucket, name);
  if (conditions.generationMatch === 0 || storage.deps.objects.find(bucket, name) === undefined) return;
  caller.need("storage.objects.delete", bucket, name);
}

/** How long what a token stands for is believed without asking again. */
const KNOWN_MS = 60_000;

/** Asks an OpenID provider's user-info endpoint whose a token is, as anyone can who was handed one. */
export function callersFrom(userinfo: string): StorageAccess["callerOf"] {
  const known = new Map<string, { readonly email: string; readonly until: number }>();
  return async (token) => {
    const now = performance.now();
    for (const [other, { until }] of known) if (until < now) known.delete(other);
    const found = known.get(token);
    if (found !== undefined) return found.email;
    const answer = await fetch(userinfo, { headers: { authorization: `Bearer ${token}` } });
    const body: unknown = await answer.json();
    if (!answer.ok || typeof body !== "object" || body === null || !("email" in body)) return undefined;
    const email = String(body.email);
    known.set(token, { email, until: now + KNOWN_MS });
    return email;
  };
}
