/**
 * Google's side of signing in, on loopback: OpenID provider, token endpoint, metadata server and IAM Credentials API in one
 * server, spoken to by Google's own client libraries unmodified. It believes what a caller says of itself; see README.md.
 */
import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { type Context, Hono } from "hono";
import { html } from "hono/html";
import { type Clock, systemClock } from "#shared/platform/clock.ts";
import type { Policy } from "../iam/policy.ts";
import { page, pageHeaders } from "../web/page.ts";
import { limitBody, serve } from "../web/serve.ts";
import { authorizeRoutes, type OAuthClient } from "./authorize.ts";
import { createCodes } from "./codes.ts";
import { discoveryRoutes } from "./discovery.ts";
import { iamCredentialsRoutes } from "./iamCredentials.ts";
import {
  type KeyRing,
  loadKeyRing,
  privatePem,
  publicPem,
  type ServiceAccount,
  writeSecretFile,
} from "./keys.ts";
import { metadataRoutes } from "./metadata.ts";
import { apiError } from "./requests.ts";
import { tokenRoutes } from "./token.ts";
import { createTokens } from "./tokens.ts";
import { userRoutes } from "./users.ts";

export interface IdentityOptions {
  /** 0 picks a free port. */
  readonly port: number;
  /** `127.0.0.1` unless said otherwise. */
  readonly host?: string;
  /** Where keys live; made when missing. */
  readonly dataDir: string;
  readonly projectId: string;
  /** `keyFile`: where to write the account's key in Google's JSON form; written at each start because `token_uri` holds the port. */
  readonly serviceAccounts: readonly { readonly email: string; readonly keyFile?: string }[];
  /** The one of them that the metadata server answers for. */
  readonly runtimeServiceAccount: string;
  /** Further metadata servers, each on a port of its own for an account of its own, as each function of Google's has one. */
  readonly metadata?: readonly { readonly port: number; readonly serviceAccount: string }[];
  /** What accounts may do in each other's name; without it any account may sign as any other. */
  readonly policy?: Policy;
  /** The first one is the audience of tokens from `POST /users`. */
  readonly oauthClients: readonly OAuthClient[];
  /** What the metadata server says about where it is. */
  readonly region?: string;
  readonly clock?: Clock;
  readonly random?: (bytes: number) => Buffer;
  /** Called once per request with its method, path and status; never with a query, a body or a token. */
  readonly log?: (event: string, fields: Readonly<Record<string, string | number>>) => void;
}

export interface Identity {
  /** Base URL, without a trailing slash. */
  readonly url: string;
  /** The `iss` of its ID tokens: the URL. */
  readonly issuer: string;
  readonly port: number;
  /** `host:port` for `GCE_METADATA_HOST`. */
  readonly metadataHost: string;
  /** For `getSignedUrl({signingEndpoint})`, which appends `{email}:signBlob` to it. */
  readonly signingEndpoint: string;
  /** PEM of the key that signs ID tokens. */
  readonly idTokenKey: string;
  /** A service account's public key, to check signatures with; undefined for an account that isn't registered. */
  publicKeyOf(email: string): Promise<string | undefined>;
  /**
   * A service account's ID token, as Cloud Tasks and Cloud Scheduler attach one.
   * @throws RangeError for an account that isn't registered
   */
  mintIdToken(email: string, audience: string): Promise<string>;
  close(): Promise<void>;
}

/** The largest body that is read; what is signed or asked here is far smaller. */
const MAX_BODY_BYTES = 256 * 1024;

/**
 * Starts the stand-in and writes the key files that were asked for.
 * @throws RangeError when an account that a metadata server answers for is not one of the accounts; the listen error; Error for an unreadable key ring
 */
export async function startIdentity(options: IdentityOptions): Promise<Identity> {
  const { clock = systemClock, random = randomBytes, log, oauthClients: clients } = options;
  const emails = options.serviceAccounts.map(({ email }) => email);
  const keys = await loadKeyRing(options.dataDir, emails, random);
  const runtime = accountOf(keys, options.runtimeServiceAccount);

  const served = await serve(options, (issuer) => {
    const tokens = createTokens(issuer, keys, clock);
    const codes = createCodes(clock, random);
    const app = new Hono();
    app.use(async (c, next) => {
      await next();
      log?.("identity_request", { method: c.req.method, path: c.req.path, status: c.res.status });
    });
    app.use(limitBody(MAX_BODY_BYTES, (c) => apiError(c, 413, "INVALID_ARGUMENT", "The body is too large.")));
    app.route("/", discoveryRoutes({ issuer, keys, tokens }));
    app.route("/", authorizeRoutes({ issuer, clients, codes }));
    app.route("/", tokenRoutes({ issuer, clients, keys, codes, tokens, clock }));
    app.route("/", userRoutes(clients, tokens));
    app.route("/", iamCredentialsRoutes({ keys, tokens, clock, policy: options.policy }));
    const region = options.region ?? "us-central1";
    app.route("/", metadataRoutes({ projectId: options.projectId, region, runtime, tokens }));
    app.get("/", (c) => home(c, issuer, clients, keys));
    app.notFound((c) => apiError(c, 404, "NOT_FOUND", "There is nothing here."));
    app.onError((error, c) => {
      log?.("identity_error", { name: error.name, message: error.message });
      return apiError(c, 500, "INTERNAL", "Internal error encountered.");
    });
    return app;
  });

  const tokens = createTokens(served.url, keys, clock);
  const servers = [served];
  const close = async () => {
    await Promise.all(servers.map((server) => server.close()));
  };
  const identity: Identity = {
    url: served.url,
    issuer: served.url,
    port: served.port,
    metadataHost: new URL(served.url).host,
    signingEndpoint: `${served.url}/v1/projects/-/serviceAccounts/`,
    idTokenKey: publicPem(keys.idTokens),
    publicKeyOf: async (email) => {
      const account = keys.accounts.get(email.toLowerCase());
      return account && publicPem(await account.key());
    },
    mintIdToken: async (email, audience) => tokens.serviceIdToken(accountOf(keys, email), audience),
    close,
  };
  try {
    const { projectId, region = "us-central1" } = options;
    await Promise.all(
      (options.metadata ?? []).map(async ({ port, serviceAccount }) => {
        const runtime = accountOf(keys, serviceAccount);
        const routes = () => metadataRoutes({ projectId, region, runtime, tokens });
        servers.push(await serve({ ...options, port }, routes));
      }),
    );
    for (const { email, keyFile } of options.serviceAccounts)
      if (keyFile !== undefined)
        await writeKeyFile(keyFile, accountOf(keys, email), options.projectId, served.url);
  } catch (error) {
    await close();
    throw error;
  }
  return identity;
}

function accountOf(keys: KeyRing, email: string): ServiceAccount {
  const account = keys.accounts.get(email.toLowerCase());
  if (account === undefined)
    throw new RangeError(`service account ${email} is not registered with the identity stand-in`);
  return account;
}

async function writeKeyFile(
  file: string,
  account: ServiceAccount,
  projectId: string,
  issuer: string,
): Promise<void> {
  const key = await account.key();
  const content = {
    type: "service_account",
    project_id: projectId,
    private_key_id: key.kid,
    private_key: privatePem(key),
    client_email: account.email,
    client_id: account.uniqueId,
    auth_uri: `${issuer}/o/oauth2/v2/auth`,
    token_uri: `${issuer}/token`,
    auth_provider_x509_cert_url: `${issuer}/oauth2/v1/certs`,
    client_x509_cert_url: `${issuer}/robot/v1/metadata/x509/${encodeURIComponent(account.email)}`,
    universe_domain: "googleapis.com",
  };
  await mkdir(dirname(file), { recursive: true });
  await writeSecretFile(file, `${JSON.stringify(content, null, 2)}\n`);
}

function home(c: Context, issuer: string, clients: readonly OAuthClient[], keys: KeyRing) {
  const body = html`<section><h2>For clients</h2><dl>
<dt>Issuer</dt><dd><code>${issuer}</code></dd>
<dt>Discovery</dt><dd><a href="/.well-known/openid-configuration"><code>/.well-known/openid-configuration</code></a></dd>
<dt>Public keys</dt><dd><a href="/oauth2/v3/certs"><code>/oauth2/v3/certs</code></a></dd>
<dt>Metadata server</dt><dd><code>GCE_METADATA_HOST=${new URL(issuer).host}</code></dd>
</dl></section>
<section><h2>For scripts</h2>
<pre>curl -s ${issuer}/users -d '{"email": "mina@example.com", "name": "Mina"}'</pre>
<p class="dim">answers <code>{"idToken", "sub"}</code>, as the Google sign-in of a phone would.</p></section>
<section><h2>OAuth clients</h2><table><tr><th>Client</th><th>May be sent back to</th></tr>
${clients.map((client) => html`<tr><td><code>${client.clientId}</code></td><td><code>${client.redirectUris.join(" ")}</code></td></tr>`)}</table></section>
<section><h2>Service accounts</h2><table><tr><th>Address</th><th>Number</th></tr>
${[...keys.accounts.values()].map(({ email, uniqueId }) => html`<tr><td>${email}</td><td><code>${uniqueId}</code></td></tr>`)}</table></section>`;
  const title = "Identity";
  return c.html(
    page({
      title,
      about: "Plays Google's sign-in, token, metadata and IAM endpoints for the local cloud.",
      body,
    }),
    200,
    pageHeaders,
  );
}
