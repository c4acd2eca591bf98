/**
 * Cloud Run's own check in front of a private function: an ID token of an account that has `roles/run.invoker` on it. No package is
 * imported, since this is a part of every cold start.
 */
import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { readFileSync } from "node:fs";

/** What the check of one function needs. */
export interface InvokerCheck {
  /** As grants name the function. */
  readonly service: string;
  /** The function's own address, which tokens must be for. */
  readonly audience: string;
  readonly issuer: string;
  /** PEM of the key that signs ID tokens. */
  readonly publicKey: string;
  /** Who may do what; read at each call. */
  readonly policyFile: string;
}

/** An answer in the place of the function's. */
export interface Refusal {
  readonly status: 401 | 403;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const OWNER_ROLE = "roles/owner";
const INVOKER_ROLE = "roles/run.invoker";

/**
 * Makes the check of one function.
 * @returns what Cloud Run answers to a caller with this Authorization header, or undefined when it lets the call through
 */
export function invokerCheck(check: InvokerCheck, now: () => Date = () => new Date()) {
  const key = createPublicKey(check.publicKey);
  return (authorization: string | undefined): Refusal | undefined => {
    if (authorization === undefined) return FORBIDDEN;
    const email = emailOf(authorization, key, check, now());
    if (email === undefined) return UNAUTHORIZED;
    return mayInvoke(email, check) ? undefined : FORBIDDEN;
  };
}

/** Whose ID token it is; undefined for anything but a valid one for this function. */
function emailOf(
  authorization: string,
  key: KeyObject,
  { audience, issuer }: InvokerCheck,
  now: Date,
): string | undefined {
  const [, head, body, signature] = /^Bearer ([\w-]+)\.([\w-]+)\.([\w-]+)$/i.exec(authorization) ?? [];
  if (head === undefined || body === undefined || signature === undefined) return undefined;
  const signed = Buffer.from(`${head}.${body}`);
  if (!verify("RSA-SHA256", signed, key, Buffer.from(signature, "base64url"))) return undefined;
  // The signature says that the issuer wrote the claims.
  const claims: Record<string, unknown> = JSON.parse(Buffer.from(body, "base64url").toString());
  const valid = claims.iss === issuer && claims.aud === audience && Number(claims.exp) > now.getTime() / 1000;
  return valid && typeof claims.email === "string" ? claims.email : undefined;
}

function mayInvoke(email: string, { service, policyFile }: InvokerCheck): boolean {
  const { bindings }: { bindings: { member: string; role: string; resource: string }[] } = JSON.parse(
    readFileSync(policyFile, "utf8"),
  );
  return bindings.some(
    ({ member, role, resource }) =>
      member === email &&
      (role === OWNER_ROLE || (role === INVOKER_ROLE && resource === `services/${service}`)),
  );
}

/** Cloud Run's page, for a caller without a token too. */
const FORBIDDEN: Refusal = {
  status: 403,
  headers: { "content-type": "text/html; charset=UTF-8" },
  body: page(
    "403 Forbidden",
    "Error: Forbidden",
    "Your client does not have permission to get URL <code>/</code> from this server.",
  ),
};
const UNAUTHORIZED: Refusal = {
  status: 401,
  headers: {
    "content-type": "text/html; charset=UTF-8",
    "www-authenticate":
      'Bearer error="invalid_token" error_description="The access token could not be verified"',
  },
  body: page(
    "401 Unauthorized",
    "Error: Unauthorized",
    "Your client does not have permission to the requested URL <code>/</code>.",
  ),
};

function page(title: string, heading: string, text: string): string {
  return `
<html><head>
<meta http-equiv="content-type" content="text/html;charset=utf-8">
<title>${title}</title>
</head>
<body text=#000000 bgcolor=#ffffff>
<h1>${heading}</h1>
<h2>${text}</h2>
<h2></h2>
</body></html>
`;
}
