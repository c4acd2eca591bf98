import type { RandomBytes } from "#shared/platform/ids.ts";
import type { SecretManager } from "./secretManager.ts";
import { generated, publicKeys } from "./values.ts";

export interface SecretsDeps {
  readonly secrets: SecretManager;
  readonly randomBytes: RandomBytes;
  /** Reads the value of a secret that only a person has; undefined to leave it out. */
  readonly ask: (name: string) => Promise<string | undefined>;
  readonly say: (line: string) => void;
}

/** The secrets without a value, a sentence each. */
export async function missingSecrets(
  names: readonly string[],
  { secrets }: Pick<SecretsDeps, "secrets">,
): Promise<string[]> {
  const missing: string[] = [];
  for (const name of names)
    if (!(await secrets.hasValue(name)))
      missing.push(`${name} has no value: npm run secrets -- --project ID, then deploy again`);
  return missing;
}

/** Gives each secret without a value one: made here where it is random, asked for otherwise. A value that is there is left alone. */
export async function fillSecrets(names: readonly string[], deps: SecretsDeps): Promise<void> {
  for (const name of names) {
    if (await deps.secrets.hasValue(name)) continue;
    const value = generated[name]?.(deps.randomBytes) ?? (await deps.ask(name));
    if (value === undefined || value === "") {
      deps.say(`${name}: left without a value`);
      continue;
    }
    await deps.secrets.add(name, value);
    deps.say(`${name}: has a value now`);
  }
  await sayPublicKeys(deps);
}

/** Replaces a secret by a new value, in which the one before stays valid where that can be. */
export async function rotateSecret(name: string, deps: SecretsDeps): Promise<void> {
  const make = generated[name];
  const value = make ? make(deps.randomBytes, await deps.secrets.read(name)) : await deps.ask(name);
  if (value === undefined || value === "") throw new Error(`${name} is not random: its new value is needed`);
  await deps.secrets.add(name, value);
  deps.say(`${name}: rotated; instances that start from now on read it`);
  if (name === SIGNING_KEYS) await sayPublicKeys(deps);
}

const SIGNING_KEYS = "TOKEN_SIGNING_KEYS";

async function sayPublicKeys({ secrets, say }: SecretsDeps): Promise<void> {
  if (!(await secrets.hasValue(SIGNING_KEYS))) return;
  say("The setting TOKEN_PUBLIC_KEYS for the tfvars:");
  say(publicKeys(await secrets.read(SIGNING_KEYS)));
}
