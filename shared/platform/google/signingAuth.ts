import { type CredentialBody, GoogleAuth } from "google-auth-library";
import { atMost } from "../atMost.ts";
import { lazy } from "../lazy.ts";

/** Signatures that one instance asks for at once; IAM allows a project 60,000 a minute. */
const AT_ONCE = 16;
/** What one signature may take, its repetitions included. */
const PATIENCE_MILLISECONDS = 10_000;

/**
 * The function's own account as one that signs (IAM's `signBlob`), gentle with IAM and the metadata server: it asks for few signatures at
 * once, and for the account's address once. The library repeats what may pass (429 and 5xx three times, a broken connection
 * twice) after 0.1, 0.5 and 1.5 seconds. Make one per instance.
 */
export class SigningAuth extends GoogleAuth {
  readonly #limited = atMost(AT_ONCE);
  readonly #account = lazy(() => super.getCredentials());

  override getCredentials(): Promise<CredentialBody>;
  override getCredentials(callback: (error: Error | null, credentials?: CredentialBody) => void): void;
  override getCredentials(
    callback?: (error: Error | null, credentials?: CredentialBody) => void,
  ): Promise<CredentialBody> | undefined {
    const account = this.#account();
    if (!callback) return account;
    account.then((credentials) => callback(null, credentials), callback);
    return undefined;
  }

  /** @throws what IAM answers after the last repetition; Error when it takes too long */
  override sign(data: string, endpoint?: string): Promise<string> {
    return this.#limited(() => inTime(super.sign(data, endpoint)));
  }
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("IAM didn't sign in time")), PATIENCE_MILLISECONDS);
  });
  try {
    return await Promise.race([work, patience]);
  } finally {
    clearTimeout(timer);
  }
}
