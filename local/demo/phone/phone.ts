/**
 * A phone, as the app on it would talk to the API: signs a person in, keeps the tokens, uploads, submits, watches and fetches. The
 * demo and the journeys are made of these, so they hold the same contract as an app.
 */
import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import { type CallOptions, call, ProblemError } from "./api.ts";
import { type CreatedUpload, createdUploadSchema, sendFile } from "./upload.ts";

export interface PhoneAddresses {
  readonly api: string;
  readonly identity: string;
  readonly mail: string;
}

const signedInSchema = z.object({
  accessToken: z.string(),
  refreshToken: z.string(),
  user: z.object({
    id: z.string(),
    email: z.string().nullable(),
    name: z.string().nullable(),
    role: z.string().nullable(),
  }),
});

export const jobSchema = z.object({
  id: z.string(),
  kind: z.string(),
  title: z.string(),
  state: z.enum(["awaiting_upload", "queued", "running", "succeeded", "failed", "cancelled"]),
  position: z.number().nullish(),
  progress: z.object({ fraction: z.number(), stage: z.string().nullable() }).nullish(),
  attempt: z.number(),
  maxAttempts: z.number(),
  error: z.object({ code: z.string(), message: z.string() }).nullish(),
  resourceId: z.string().nullish(),
  eventsUrl: z.url(),
});
export type JobView = z.infer<typeof jobSchema>;

export const resourceSchema = z.object({
  id: z.string(),
  files: z.array(z.object({ name: z.string(), contentType: z.string(), size: z.number(), url: z.url() })),
});
export type ResourceView = z.infer<typeof resourceSchema>;

const END_STATES: ReadonlySet<JobView["state"]> = new Set(["succeeded", "failed", "cancelled"]);

export class Phone {
  readonly userId: string;
  readonly email: string;
  readonly #addresses: PhoneAddresses;
  #accessToken: string;
  #refreshToken: string;

  private constructor(addresses: PhoneAddresses, email: string, signedIn: z.infer<typeof signedInSchema>) {
    this.#addresses = addresses;
    this.email = email;
    this.userId = signedIn.user.id;
    this.#accessToken = signedIn.accessToken;
    this.#refreshToken = signedIn.refreshToken;
  }

  /** Signs a person in with a Google ID token, as the mobile SDK hands one to the app. */
  static async signIn(addresses: PhoneAddresses, person: { email: string; name?: string }): Promise<Phone> {
    const made = await call(addresses.identity, "POST", "/users", { body: person });
    const { idToken } = z.object({ idToken: z.string() }).parse(made);
    const answer = await call(addresses.api, "POST", "/v1/auth/sessions", {
      body: { provider: "google", idToken },
    });
    return new Phone(addresses, person.email, signedInSchema.parse(answer));
  }

  get accessToken(): string {
    return this.#accessToken;
  }
  get refreshToken(): string {
    return this.#refreshToken;
  }

  /** One call as this person; refreshes the tokens once when the access token has run out. */
  async call(method: string, path: string, options: Omit<CallOptions, "token"> = {}) {
    try {
      return await call(this.#addresses.api, method, path, { ...options, token: this.#accessToken });
    } catch (error) {
      if (!(error instanceof ProblemError) || error.status !== 401) throw error;
      await this.refresh();
      return call(this.#addresses.api, method, path, { ...options, token: this.#accessToken });
    }
  }

  /** Rotates the refresh token. The attempt key is chosen before asking, so that a lost answer can be asked for again. */
  async refresh(attemptKey: string = randomUUID()): Promise<void> {
    const answer = await call(this.#addresses.api, "POST", "/v1/auth/tokens", {
      body: { refreshToken: this.#refreshToken },
      idempotencyKey: attemptKey,
    });
    const signedIn = signedInSchema.parse(answer);
    this.#accessToken = signedIn.accessToken;
    this.#refreshToken = signedIn.refreshToken;
  }

  async enrol(
    role: "care_giver" | "care_recipient",
    more: { language?: "ko" | "en"; timeZone?: string } = {},
  ): Promise<void> {
    await this.call("PATCH", "/v1/me", { body: { role, ...more } });
  }

  /** Asks to care for the person with this address; they get a code by mail. Gives the invitation's id. */
  async invite(recipientEmail: string): Promise<string> {
    const answer = await this.call("POST", "/v1/invitations", { body: { recipientEmail } });
    return z.object({ id: z.string() }).parse(answer).id;
  }

  /** Binds the group with the code that the recipient read out. Gives the group's id. */
  async confirm(invitationId: string, code: string): Promise<string> {
    const answer = await this.call("POST", `/v1/invitations/${invitationId}/confirm`, { body: { code } });
    return z.object({ id: z.string() }).parse(answer).id;
  }

  /** Uploads a file; gives the upload's id. */
  async upload(file: string, contentType: string): Promise<string> {
    const { size } = await stat(file);
    const upload = createdUploadSchema.parse(
      await this.call("POST", "/v1/uploads", { body: { contentType, size } }),
    );
    await sendFile(upload, file, () => this.renewUpload(upload.id));
    return upload.id;
  }

  /** New URLs for an upload whose bytes have not arrived. */
  async renewUpload(id: string): Promise<CreatedUpload> {
    return createdUploadSchema.parse(await this.call("POST", `/v1/uploads/${id}/renew`));
  }

  async submit(
    request: { kind: string; title: string; params: Record<string, unknown>; inputs: Record<string, string> },
    idempotencyKey: string = randomUUID(),
  ): Promise<JobView> {
    return jobSchema.parse(await this.call("POST", "/v1/jobs", { body: request, idempotencyKey }));
  }

  async job(id: string): Promise<JobView> {
    return jobSchema.parse(await this.call("GET", `/v1/jobs/${id}`));
  }

  /** The job each time it changes, until it has ended; over server-sent events, resumed where a stream ended. */
  async *watch(id: string): AsyncGenerator<JobView> {
    // Not at the one origin, which holds a stream back until it ends.
    const { eventsUrl } = await this.job(id);
    let lastEventId: string | undefined;
    for (;;) {
      const response = await fetch(eventsUrl, {
        headers: {
          authorization: `Bearer ${this.#accessToken}`,
          accept: "text/event-stream",
          ...(lastEventId === undefined ? {} : { "last-event-id": lastEventId }),
        },
      });
      if (response.status === 401) {
        await response.body?.cancel();
        await this.refresh();
        continue;
      }
      if (!response.ok || response.body === null)
        throw new Error(`the event stream answered ${response.status}`);
      for await (const event of serverSentEvents(response.body)) {
        lastEventId = event.id ?? lastEventId;
        if (event.data === "") continue;
        const job = jobSchema.parse(JSON.parse(event.data));
        yield job;
        if (END_STATES.has(job.state)) return;
      }
    }
  }

  /** The resource, or undefined while it isn't synced yet. */
  async resource(id: string): Promise<ResourceView | undefined> {
    try {
      return resourceSchema.parse(await this.call("GET", `/v1/resources/${id}`));
    } catch (error) {
      if (error instanceof ProblemError && error.status === 404) return undefined;
      throw error;
    }
  }

  /** Fetches a file by its signed URL; throws unless every announced byte arrived. */
  static async fetchFile(file: ResourceView["files"][number], path: string): Promise<void> {
    const response = await fetch(file.url);
    if (!response.ok || response.body === null) throw new Error(`${file.name} answered ${response.status}`);
    await pipeline(Readable.fromWeb(response.body), createWriteStream(path));
    const { size } = await stat(path);
    if (size !== file.size) throw new Error(`${file.name} has ${size} bytes instead of ${file.size}`);
  }
}

/** The newest code that was mailed to an address; waits for it. */
export async function mailedCode(
  mail: string,
  address: string,
  deadlineMilliseconds = 30_000,
): Promise<string> {
  const deadline = Date.now() + deadlineMilliseconds;
  for (;;) {
    const response = await fetch(`${mail}/messages?to=${encodeURIComponent(address)}`);
    const messages = z.array(z.object({ text: z.string() })).parse(await response.json());
    const code = /^\s*([0-9A-HJKMNP-TV-Z]{4}[ -]?[0-9A-HJKMNP-TV-Z]{4})\s*$/m.exec(
      messages.at(-1)?.text ?? "",
    )?.[1];
    if (code !== undefined) return code;
    if (Date.now() > deadline) throw new Error("no code was mailed");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The events of a `text/event-stream`, as the WHATWG HTML standard parses them (fields `id` and `data`). */
async function* serverSentEvents(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<{ id: string | undefined; data: string }> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true });
    const blocks = rest.split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      let id: string | undefined;
      const data: string[] = [];
      for (const line of block.split("\n")) {
        if (line.startsWith("id:")) id = line.slice(3).trim();
        if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
      }
      if (id !== undefined || data.length > 0) yield { id, data: data.join("\n") };
    }
  }
}
