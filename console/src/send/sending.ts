/** Sends drafts: their files to Cloud Storage, then the job. One tab at a time sends a draft. */
import { effect, signal } from "@preact/signals";
import { api } from "../api/client.ts";
import { answered } from "../api/problem.ts";
import type { components } from "../api/schema.d.ts";
import { me } from "../session/me.ts";
import { type Draft, type DraftFile, draftsOf, getDraft, putDraft, removeDraft } from "./outbox.ts";
import { SessionGoneError, sendResumable, speedMeter } from "./resumable.ts";
import { beginSession, sessionRequests } from "./transport.ts";

/**
 * - `sending`: bytes go, or will as soon as there is a network.
 * - `paused`: a person stopped it.
 * - `file`: the browser can't find the file again; a person must pick it.
 * - `elsewhere`: another tab is sending it.
 * - `failed`: it can't be sent; `error` says why.
 */
export type SendState = "sending" | "paused" | "file" | "elsewhere" | "failed";

export interface Sending {
  readonly draft: Draft;
  readonly state: SendState;
  /** Bytes that have arrived or are on their way, of all files. */
  readonly bytes: number;
  readonly total: number;
  /** Bytes a second. */
  readonly speed: number | undefined;
  /** Whether the last request got an answer. */
  readonly connected: boolean;
  readonly error: unknown;
}

/** What is being sent from this browser by the person who is signed in. */
export const sendings = signal<readonly Sending[]>([]);

/** The job that the latest draft became. */
export const submitted = signal<components["schemas"]["Job"] | undefined>(undefined);

/** The drafts that this tab sends: what stops each, and when it has stopped. */
const running = new Map<string, { readonly controller: AbortController; readonly ended: Promise<void> }>();
/** Films that were picked in this tab, which the browser can't find again. */
const picked = new Map<string, File>();

/** Shows the drafts of who is signed in, and goes on with those that can go on. */
export function followOutbox(): void {
  effect(() => {
    const userId = me.value?.id;
    if (userId === owner) return;
    owner = userId;
    for (const { controller } of running.values()) controller.abort();
    sendings.value = [];
    if (userId !== undefined) void resumeAll(userId);
  });
}
let owner: string | undefined;

async function resumeAll(userId: string): Promise<void> {
  const drafts = await draftsOf(userId);
  if (owner !== userId) return;
  sendings.value = drafts.map((draft) => shown(draft, "sending"));
  for (const draft of drafts) start(draft.id);
}

/** A file that a person chose. */
export interface Chosen {
  readonly file: File;
  readonly contentType: string;
  /** Where the browser can find it again. */
  readonly handle: FileSystemFileHandle | undefined;
}

/** Keeps a new draft and begins to send it. */
export async function send(
  draft: Pick<Draft, "kind" | "title" | "params" | "userId" | "spaceId">,
  files: Readonly<Record<string, Chosen>>,
): Promise<void> {
  const id = crypto.randomUUID();
  const kept: Record<string, DraftFile> = {};
  for (const [role, { file, contentType, handle }] of Object.entries(files)) {
    picked.set(`${id} ${role}`, file);
    kept[role] = {
      name: file.name,
      size: file.size,
      lastModified: file.lastModified,
      contentType,
      content: draft.kind === "avatar" ? file : handle,
      uploadId: undefined,
      session: undefined,
      sent: false,
    };
  }
  const whole = { ...draft, id, files: kept, createdAt: Date.now() };
  await putDraft(whole);
  sendings.value = [...sendings.value, shown(whole, "sending")];
  start(id);
}

export function pause(id: string): void {
  running.get(id)?.controller.abort();
  update(id, { state: "paused", speed: undefined });
}

/** Goes on after a pause, a failure, or when the other tab was closed. */
export function resume(id: string): void {
  update(id, { state: "sending", error: undefined });
  start(id);
}

/** Goes on with a file that a person picked again. @returns false when it is another file */
export function pickAgain(id: string, file: File): boolean {
  const draft = sendings.value.find((sending) => sending.draft.id === id)?.draft;
  const role = Object.entries(draft?.files ?? {}).find(
    ([, { name, size, sent }]) => !sent && size === file.size && name === file.name,
  )?.[0];
  if (role === undefined) return false;
  picked.set(`${id} ${role}`, file);
  resume(id);
  return true;
}

/** Forgets a draft; what was sent of it is removed by the API after some days. */
export async function discard(id: string): Promise<void> {
  running.get(id)?.controller.abort();
  await removeDraft(id);
  sendings.value = sendings.value.filter(({ draft }) => draft.id !== id);
}

function start(id: string): void {
  const before = running.get(id);
  if (before !== undefined && !before.controller.signal.aborted) return;
  const controller = new AbortController();
  const ended = (before?.ended ?? Promise.resolve())
    .then(() => sendAlone(id, controller.signal))
    .catch((error: unknown) => {
      if (controller.signal.aborted) return;
      if (error instanceof FileGoneError) update(id, { state: "file", speed: undefined });
      else update(id, { state: "failed", error, speed: undefined });
    })
    .finally(() => {
      if (running.get(id)?.controller === controller) running.delete(id);
    });
  running.set(id, { controller, ended });
}

/** Sends a draft unless another tab does. */
async function sendAlone(id: string, signal: AbortSignal): Promise<void> {
  await navigator.locks.request(`reverie-send-${id}`, { ifAvailable: true }, async (lock) => {
    if (lock === null) update(id, { state: "elsewhere" });
    else await sendDraft(id, signal);
  });
}

/** The browser can't read the file without a person. */
class FileGoneError extends Error {}

async function sendDraft(id: string, signal: AbortSignal): Promise<void> {
  let draft = await getDraft(id);
  if (draft === undefined) {
    // Another tab has finished or discarded it.
    sendings.value = sendings.value.filter((sending) => sending.draft.id !== id);
    return;
  }
  for (const role of Object.keys(draft.files)) draft = await sendRole(draft, role, signal);
  signal.throwIfAborted();
  const inputs = Object.fromEntries(
    Object.entries(draft.files).map(([role, { uploadId }]) => [role, uploadId ?? ""]),
  );
  const { kind, title, params, spaceId } = draft;
  // The draft's id is the key, so a job whose answer was lost is not made twice.
  const job = answered(
    await api.POST("/v1/jobs", {
      body: { kind, title, params, inputs, ...(spaceId === undefined ? {} : { spaceId }) },
      params: { header: { "idempotency-key": id } },
    }),
  );
  await removeDraft(id);
  sendings.value = sendings.value.filter((sending) => sending.draft.id !== id);
  submitted.value = job;
}

async function sendRole(draft: Draft, role: string, signal: AbortSignal): Promise<Draft> {
  let current = draft;
  const keep = async (change: Partial<DraftFile>) => {
    const file = current.files[role];
    if (file === undefined) throw new Error(`the draft has no ${role}`);
    current = { ...current, files: { ...current.files, [role]: { ...file, ...change } } };
    await putDraft(current);
    update(current.id, { draft: current });
  };
  const described = current.files[role];
  if (described === undefined || described.sent) return current;
  const content = await contentOf(current.id, role, described);
  for (let tries = 0; ; tries++) {
    try {
      const isNew = current.files[role]?.session === undefined;
      const session = current.files[role]?.session ?? (await newSession(described, current.spaceId, keep));
      await sendTo(session, content, current, role, { signal, isNew });
      await keep({ sent: true });
      return current;
    } catch (error) {
      if (!(error instanceof SessionGoneError) || tries > 0) throw error;
      // The session's week is over: the file is sent again from its beginning.
      await keep({ session: undefined, uploadId: undefined });
    }
  }
}

async function newSession(
  file: DraftFile,
  spaceId: string | undefined,
  keep: (change: Partial<DraftFile>) => Promise<void>,
): Promise<string> {
  const { contentType, size, name } = file;
  const created = answered(
    await api.POST("/v1/uploads", {
      body: { contentType, size, name, ...(spaceId === undefined ? {} : { spaceId }) },
    }),
  );
  const session =
    (await beginSession(created.resumable.url, created.resumable.headers)) ??
    (await renewedSession(created.id));
  await keep({ uploadId: created.id, session });
  return session;
}

/** The URL has ended, as on a computer that slept between the two requests. */
async function renewedSession(id: string): Promise<string> {
  const { resumable } = answered(await api.POST("/v1/uploads/{id}/renew", { params: { path: { id } } }));
  const session = await beginSession(resumable.url, resumable.headers);
  if (session === undefined) throw new Error("no session was begun");
  return session;
}

async function sendTo(
  session: string,
  content: Blob,
  draft: Draft,
  role: string,
  { signal, isNew }: { signal: AbortSignal; isNew: boolean },
): Promise<void> {
  const before = Object.entries(draft.files).reduce(
    (sum, [name, { sent, size }]) => sum + (sent && name !== role ? size : 0),
    0,
  );
  const meter = speedMeter();
  await sendResumable(
    content,
    {
      ...sessionRequests(session),
      progress(bytes) {
        meter.at(bytes, performance.now());
        if (!signal.aborted) update(draft.id, { bytes: before + bytes, speed: meter.speed });
      },
      connected: (connected) => update(draft.id, connected ? { connected } : { connected, speed: undefined }),
    },
    signal,
    isNew,
  );
}

/** @throws FileGoneError */
async function contentOf(
  id: string,
  role: string,
  { content, size, lastModified }: DraftFile,
): Promise<Blob> {
  const file = picked.get(`${id} ${role}`);
  if (file !== undefined) return file;
  if (content instanceof Blob) return content;
  if (content === undefined) throw new FileGoneError();
  // Asking for the permission needs a press; without one it is there or not.
  const permission = await permissionOf(content);
  if (permission !== "granted") throw new FileGoneError();
  const found = await content.getFile().catch(() => undefined);
  if (found === undefined || found.size !== size || found.lastModified !== lastModified)
    throw new FileGoneError();
  return found;
}

/** Only some browsers have this method, and DOM's types don't. */
interface WithPermission {
  queryPermission?(options: { mode: "read" }): Promise<PermissionState>;
}

async function permissionOf(handle: FileSystemFileHandle & WithPermission): Promise<PermissionState> {
  return (await handle.queryPermission?.({ mode: "read" })) ?? "denied";
}

function shown(draft: Draft, state: SendState): Sending {
  const files = Object.values(draft.files);
  return {
    draft,
    state,
    bytes: files.reduce((sum, { sent, size }) => sum + (sent ? size : 0), 0),
    total: files.reduce((sum, { size }) => sum + size, 0),
    speed: undefined,
    connected: true,
    error: undefined,
  };
}

function update(id: string, change: Partial<Sending>): void {
  sendings.value = sendings.value.map((sending) =>
    sending.draft.id === id ? { ...sending, ...change } : sending,
  );
}
