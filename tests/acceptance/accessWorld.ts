/** Two care groups, one who left, a stranger, an engine and an administrator, and one of each thing for them to ask for. */
import { randomBytes } from "node:crypto";
import { z } from "zod";
import { EngineClient } from "#engine/kit/client.ts";
import { serviceAccountTokens } from "#engine/kit/idToken.ts";
import { mailedCode, Phone } from "#local/demo/phone/phone.ts";
import type { Endpoints } from "./cloud.ts";
import { completeNext, eventually, jpeg, mp4 } from "./tools.ts";

/** From outside to inside. */
export const CALLERS = [
  "no one",
  "engine",
  "administrator",
  "stranger",
  "former giver",
  "giver of another group",
  "recipient of another group",
  "recipient",
  "giver",
] as const;
export type Caller = (typeof CALLERS)[number];
/** A status, or the ones that would all be right. */
export type Expected = number | readonly number[];

export interface World {
  readonly spaceId: string;
  /** Where event streams flow; the one origin may hold one back until its end. */
  readonly eventsOrigin: string;
  /** The stranger's own, and what is in it. */
  readonly personal: { readonly spaceId: string; readonly uploadId: string; readonly jobId: string };
  readonly invitationId: string;
  readonly uploadId: string;
  /** A job that waits for its upload. */
  readonly jobId: string;
  readonly endedJobId: string;
  readonly endedLeaseId: string;
  readonly sceneId: string;
  readonly avatarId: string;
  readonly vrVideoId: string;
  readonly giverId: string;
  readonly giverSessionId: string;
  pushToken(): string;
  ask(
    caller: Caller,
    method: string,
    path: string,
    body: unknown,
  ): Promise<{ status: number; contentType: string; text: string }>;
}

export async function makeWorld(cloud: Endpoints): Promise<World> {
  const run = randomBytes(4).toString("hex");
  const [ours, theirs, stranger] = await Promise.all([
    makeGroup(cloud, `a-${run}`),
    makeGroup(cloud, `b-${run}`),
    Phone.signIn(cloud, { email: `stranger-${run}@example.com` }),
  ]);
  const former = await Phone.signIn(cloud, { email: `former-${run}@example.com` });
  await former.enrol("care_giver");
  await joinGroup(cloud, former, ours.recipient.email);
  const engineTokens = serviceAccountTokens({
    keyFile: cloud.engineKeyFile,
    audience: cloud.api,
    clock: () => new Date(),
  });
  const adminTokens = serviceAccountTokens({
    keyFile: cloud.adminKeyFile,
    audience: cloud.api,
    clock: () => new Date(),
  });
  const engine = new EngineClient(cloud.api, engineTokens);

  const scene = await ours.giver.submit({
    kind: "scene",
    title: "A place",
    params: {},
    inputs: { video: await ours.giver.upload(await mp4(), "video/mp4") },
  });
  const sceneLease = await completeNext(engine, "scene", scene.id);
  const [face, body] = await Promise.all([
    ours.giver.upload(await jpeg(), "image/jpeg"),
    ours.giver.upload(await jpeg(), "image/jpeg"),
  ]);
  const avatar = await ours.giver.submit({
    kind: "avatar",
    title: "A person",
    params: {},
    inputs: { face, body },
  });
  await completeNext(engine, "avatar", avatar.id);
  const sceneId = await syncedResource(ours.giver, scene.id);
  const avatarId = await syncedResource(ours.giver, avatar.id);

  const waitingUpload = idOf(
    await ours.giver.call("POST", "/v1/uploads", { body: { contentType: "video/mp4", size: 99 } }),
  );
  const waiting = await ours.giver.submit({
    kind: "scene",
    title: "Later",
    params: {},
    inputs: { video: waitingUpload },
  });
  const transform = { position: [0, 0, 0], rotation: [0, 0, 0, 1], scale: [1, 1, 1] };
  const vrVideoId = idOf(
    await ours.giver.call("POST", "/v1/vr-videos", {
      body: {
        title: "Both",
        scene: { resourceId: sceneId, transform },
        avatars: [{ resourceId: avatarId, transform }],
      },
    }),
  );
  await former.call("DELETE", `/v1/group/members/${former.userId}`);
  const phones: Partial<Record<Caller, Phone>> = {
    stranger,
    "former giver": former,
    "giver of another group": theirs.giver,
    "recipient of another group": theirs.recipient,
    recipient: ours.recipient,
    giver: ours.giver,
  };
  const tokenOf = async (caller: Caller): Promise<string | undefined> => {
    if (caller === "engine") return engineTokens.current();
    if (caller === "administrator") return adminTokens.current();
    return phones[caller]?.accessToken;
  };

  const { id: spaceId } = z.object({ id: z.string() }).parse(await ours.giver.call("GET", "/v1/group"));
  return {
    spaceId,
    eventsOrigin: new URL(waiting.eventsUrl).origin,
    personal: await furnishPersonalSpace(stranger),
    invitationId: ours.invitationId,
    uploadId: waitingUpload,
    jobId: waiting.id,
    endedJobId: scene.id,
    endedLeaseId: sceneLease,
    sceneId,
    avatarId,
    vrVideoId,
    giverId: ours.giver.userId,
    giverSessionId: await currentSession(ours.giver),
    pushToken: () => `push-${randomBytes(8).toString("hex")}`,
    async ask(caller, method, path, body) {
      const token = await tokenOf(caller);
      const response = await fetch(new URL(path, cloud.api), {
        method,
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...(method === "PATCH" ? { "if-match": "*" } : {}),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        redirect: "manual",
      });
      const contentType = response.headers.get("content-type") ?? "";
      // A stream that is open is an answer; it needs not be heard to its end.
      const isStream = contentType.startsWith("text/event-stream");
      if (isStream) await response.body?.cancel();
      return {
        status: response.status,
        contentType,
        text: isStream ? "" : await response.text(),
      };
    },
  };
}

async function makeGroup(cloud: Endpoints, name: string) {
  const [giver, recipient] = await Promise.all([
    Phone.signIn(cloud, { email: `giver-${name}@example.com`, name: "Giver" }),
    Phone.signIn(cloud, { email: `recipient-${name}@example.com`, name: "Recipient" }),
  ]);
  await Promise.all([giver.enrol("care_giver"), recipient.enrol("care_recipient")]);
  const invitationId = await giver.invite(recipient.email);
  await giver.confirm(invitationId, await mailedCode(cloud.mail, recipient.email));
  return { giver, recipient, invitationId };
}

/** Joins the group of a recipient who was mailed a code before. */
async function joinGroup(cloud: Endpoints, giver: Phone, recipientEmail: string): Promise<void> {
  const before = await mailedCode(cloud.mail, recipientEmail);
  const invitationId = await giver.invite(recipientEmail);
  let code = before;
  await eventually("the next code is mailed", async () => {
    code = await mailedCode(cloud.mail, recipientEmail);
    return code !== before;
  });
  await giver.confirm(invitationId, code);
}

/** Someone without a care group uploads, submits and owns what they made. */
async function furnishPersonalSpace(phone: Phone): Promise<World["personal"]> {
  const { items } = z
    .object({ items: z.array(z.object({ id: z.string(), type: z.string() })) })
    .parse(await phone.call("GET", "/v1/spaces"));
  const uploadId = idOf(
    await phone.call("POST", "/v1/uploads", { body: { contentType: "video/mp4", size: 99 } }),
  );
  const job = await phone.submit({ kind: "scene", title: "Mine", params: {}, inputs: { video: uploadId } });
  const [own] = items;
  if (own?.type !== "personal" || items.length !== 1) throw new Error("the stranger is in other spaces");
  return { spaceId: own.id, uploadId, jobId: job.id };
}

async function syncedResource(phone: Phone, jobId: string): Promise<string> {
  const { resourceId } = await phone.job(jobId);
  if (typeof resourceId !== "string") throw new Error("the job names no resource");
  await eventually("the resource is synced", async () => (await phone.resource(resourceId)) !== undefined);
  return resourceId;
}

async function currentSession(phone: Phone): Promise<string> {
  const list = z
    .object({ items: z.array(z.object({ id: z.string(), current: z.boolean() })) })
    .parse(await phone.call("GET", "/v1/auth/sessions"));
  const current = list.items.find((session) => session.current);
  if (!current) throw new Error("no session is the current one");
  return current.id;
}

function idOf(answer: unknown): string {
  return z.object({ id: z.string() }).parse(answer).id;
}
