/** The keys of the identity stand-in: each made once, kept in its data folder, so that tokens and key files outlive a restart. */
import { createHash, createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { lazy } from "#shared/platform/lazy.ts";

/** An RSA key pair for RS256. */
export interface SigningKey {
  /** Derived from the public key, so that one key never has two ids. */
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export interface ServiceAccount {
  readonly email: string;
  /** The number Google also knows the account by: `sub` of its ID tokens, `client_id` of its key file. */
  readonly uniqueId: string;
  /** Made and saved at the first call: most accounts never sign with a key of their own. */
  readonly key: () => Promise<SigningKey>;
}

export interface KeyRing {
  /** Signs all ID tokens. */
  readonly idTokens: SigningKey;
  /** Seals access tokens. */
  readonly accessTokenSecret: Buffer;
  /** By address in lower case. */
  readonly accounts: ReadonlyMap<string, ServiceAccount>;
}

const stored = z.strictObject({
  idTokens: z.string(),
  accessTokenSecret: z.base64(),
  accounts: z.record(z.string(), z.string()),
});

/**
 * Reads the key ring of `dataDir`, and makes and saves what is missing. The file is readable by its owner only.
 * @throws Error naming the file when it can't be understood; the key ring is never silently replaced
 */
export async function loadKeyRing(
  dataDir: string,
  emails: readonly string[],
  random: (bytes: number) => Buffer,
): Promise<KeyRing> {
  const file = join(dataDir, "keys.json");
  const known = await readStored(file);
  const ring = {
    idTokens: known?.idTokens ?? (await newPrivateKey()),
    accessTokenSecret: known?.accessTokenSecret ?? random(32).toString("base64"),
    accounts: { ...known?.accounts },
  };
  let saved = Promise.resolve();
  const save = (): Promise<void> => {
    // One after the other: each writes all that is known by then.
    saved = saved.then(() => writeSecretFile(file, `${JSON.stringify(ring, null, 2)}\n`));
    return saved;
  };
  if (known === undefined) {
    await mkdir(dataDir, { recursive: true });
    await save();
  }
  const accountNamed = (email: string): ServiceAccount => ({
    email,
    uniqueId: accountNumber(email),
    key: lazy(async () => {
      const pem = ring.accounts[email] ?? (await newPrivateKey());
      if (ring.accounts[email] === undefined) {
        ring.accounts[email] = pem;
        await save();
      }
      return signingKey(pem);
    }),
  });
  const names = new Set(emails.map((email) => email.toLowerCase()));
  return {
    idTokens: signingKey(ring.idTokens),
    accessTokenSecret: Buffer.from(ring.accessTokenSecret, "base64"),
    accounts: new Map([...names].map((email) => [email, accountNamed(email)])),
  };
}

/** The 21 digits that stand for an address, the same ones at every sign-in and on every machine. */
export function accountNumber(email: string): string {
  const digest = createHash("sha256").update(email.trim().toLowerCase()).digest("hex");
  return `1${(BigInt(`0x${digest}`) % 10n ** 20n).toString().padStart(20, "0")}`;
}

/** The key as PEM (SubjectPublicKeyInfo), which every verifier that takes a certificate from Google takes as well. */
export function publicPem(key: SigningKey): string {
  return key.publicKey.export({ type: "spki", format: "pem" }).toString();
}

/** The private key as PEM (PKCS #8), as a service-account key file holds it. */
export function privatePem(key: SigningKey): string {
  return key.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

/** Replaces a file as a whole (a reader sees the old one or the new one), for its owner only. */
export async function writeSecretFile(file: string, text: string): Promise<void> {
  const draft = `${file}.${process.pid}.new`;
  await writeFile(draft, text, { mode: 0o600 });
  await rename(draft, file);
}

async function readStored(file: string): Promise<z.output<typeof stored> | undefined> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
  try {
    return stored.parse(JSON.parse(text));
  } catch {
    // The parser's own message could quote key material, so it is not passed on as the cause.
    throw new Error(`${file} is not a key ring of the identity stand-in; remove it to have new keys made`);
  }
}

const generate = promisify(generateKeyPair);

async function newPrivateKey(): Promise<string> {
  const { privateKey } = await generate("rsa", { modulusLength: 2048 });
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

function signingKey(pem: string): SigningKey {
  const privateKey = createPrivateKey(pem);
  const publicKey = createPublicKey(privateKey);
  const der = publicKey.export({ type: "spki", format: "der" });
  return { privateKey, publicKey, kid: createHash("sha256").update(der).digest("hex").slice(0, 40) };
}
