/** Care groups as two families' phones live them, over HTTP. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { z } from "zod";
import { mailedCode, Phone } from "#local/demo/phone/phone.ts";
import { endpoints } from "./cloud.ts";
import { listenerOf } from "./listener.ts";
import { eventually, jpeg } from "./tools.ts";

const cloud = endpoints();

async function person(
  role: "care_giver" | "care_recipient" | null,
  name: string,
  language: "ko" | "en" = "en",
) {
  const phone = await Phone.signIn(cloud, {
    email: `${name.toLowerCase()}-${randomBytes(5).toString("hex")}@example.com`,
    name,
  });
  if (role) await phone.enrol(role, { language, timeZone: "Asia/Seoul" });
  return phone;
}
async function bind(giver: Phone, recipient: Phone): Promise<string> {
  const invitation = await giver.invite(recipient.email);
  return giver.confirm(invitation, await mailedCode(cloud.mail, recipient.email));
}
async function family() {
  const [giver, recipient] = [
    await person("care_giver", "Jiwoo"),
    await person("care_recipient", "Halmoni", "ko"),
  ];
  return { giver, recipient, spaceId: await bind(giver, recipient) };
}
const refusal = (code: string, status: number) => ({ name: "ProblemError", code, status });

test("a mailed code binds giver and recipient: group, listening and badges follow", async () => {
  const giver = await person("care_giver", "Jiwoo");
  const recipient = await person("care_recipient", "Halmoni", "ko");
  const invitation = await giver.invite(recipient.email);
  const code = await mailedCode(cloud.mail, recipient.email);
  const messages = z
    .array(z.object({ subject: z.string(), text: z.string(), html: z.string() }))
    .parse(await (await fetch(`${cloud.mail}/messages?to=${encodeURIComponent(recipient.email)}`)).json());
  assert.equal(messages.length, 1);
  assert.match(messages[0]?.text ?? "", new RegExp(`이름: Jiwoo\\n이메일: ${giver.email}`));
  assert.match(messages[0]?.subject ?? "", /돌봄/);
  assert.ok(messages[0]?.html.includes(code));

  await assert.rejects(giver.confirm(invitation, "22222222"), refusal("code_rejected", 422));
  const spaceId = await giver.confirm(invitation, code.toLowerCase());
  await assert.rejects(giver.confirm(invitation, code), refusal("code_rejected", 422));
  for (const phone of [giver, recipient]) {
    assert.equal((await phone.call("GET", "/v1/group"))?.id, spaceId);
    assert.ok(await (await listenerOf(cloud, phone)).mayReadJobsOf(spaceId));
  }

  const badge = await recipient.call("POST", "/v1/badges");
  await assert.rejects(recipient.call("POST", "/v1/badges"), refusal("already_earned", 409));
  assert.deepEqual(await giver.call("GET", "/v1/badges"), { items: [badge], streak: 1 });
});

test("inviting an address without an account is answered alike, and mails how to begin", async () => {
  const giver = await person("care_giver", "Jiwoo");
  const address = `newcomer-${randomBytes(5).toString("hex")}@example.com`;
  const answer = await giver.call("POST", "/v1/invitations", { body: { recipientEmail: ` ${address} ` } });
  assert.deepEqual(Object.keys(answer ?? {}), ["id", "expiresAt"]);
  const invitation = String(answer?.id);
  const code = await mailedCode(cloud.mail, address);
  for (const offered of ["22222222", code])
    await assert.rejects(giver.confirm(invitation, offered), refusal("code_rejected", 422));

  const newcomer = await Phone.signIn(cloud, { email: address, name: "Halmoni" });
  const spaceId = await giver.confirm(invitation, code);
  assert.equal((await newcomer.call("GET", "/v1/group"))?.id, spaceId);
  assert.equal((await newcomer.call("GET", "/v1/me"))?.role, "care_recipient");
});

test("after five wrong codes an address without an account is like any other", async () => {
  const giver = await person("care_giver", "Jiwoo");
  const invitation = await giver.invite(`nobody-${randomBytes(5).toString("hex")}@example.com`);
  for (let attempt = 0; attempt < 5; attempt++) {
    await assert.rejects(giver.confirm(invitation, "22222222"), refusal("code_rejected", 422));
  }
  await assert.rejects(giver.confirm(invitation, "22222222"), refusal("rate_limited", 429));
});

test("a stranger sees and changes nothing of a family", async () => {
  const { giver, recipient, spaceId } = await family();
  const other = await family();
  const invitation = await giver.invite(recipient.email);
  await giver.call("PUT", "/v1/devices/phone-1", {
    body: { platform: "ios", pushToken: randomBytes(20).toString("hex") },
  });
  assert.equal(await (await listenerOf(cloud, other.giver)).mayReadJobsOf(spaceId), false);
  for (const stranger of [other.giver, await person("care_giver", "Stranger")]) {
    await assert.rejects(stranger.confirm(invitation, "22222222"), refusal("not_found", 404));
    await assert.rejects(
      stranger.call("DELETE", `/v1/group/members/${giver.userId}`),
      refusal("not_found", 404),
    );
    await assert.rejects(stranger.call("DELETE", "/v1/devices/phone-1"), refusal("not_found", 404));
    const exported = JSON.stringify(await stranger.call("GET", "/v1/me/export"));
    assert.ok(!exported.includes(giver.userId) && !exported.includes(recipient.userId));
  }
});

test("who leaves is out at once, everywhere; the group goes on", async () => {
  const { giver, recipient, spaceId } = await family();
  const listener = await listenerOf(cloud, giver);
  assert.ok(await listener.mayReadJobsOf(spaceId));
  await giver.call("DELETE", `/v1/group/members/${giver.userId}`);
  await assert.rejects(giver.call("GET", "/v1/group"), refusal("not_in_group", 404));
  await assert.rejects(
    giver.call("POST", "/v1/uploads", { body: { contentType: "video/mp4", size: 10, spaceId } }),
    refusal("not_found", 404),
  );
  assert.equal(await listener.mayReadJobsOf(spaceId), false);
  assert.equal((await recipient.call("GET", "/v1/group"))?.id, spaceId);
});

test("an export's links work; an erasure removes group, jobs, objects and sessions", async () => {
  const { giver, recipient, spaceId } = await family();
  const listener = await listenerOf(cloud, giver);
  const face = await giver.upload(await jpeg(), "image/jpeg");
  await eventually(
    "the upload is received",
    async () => (await giver.call("GET", `/v1/uploads/${face}`))?.state === "received",
  );
  const job = await giver.submit({
    kind: "avatar",
    title: "Grandma",
    params: {},
    inputs: { face, body: face },
  });

  const exported = z
    .object({
      complete: z.literal(true),
      jobs: z.array(z.object({ id: z.string() })),
      uploads: z.array(z.object({ files: z.array(z.object({ url: z.url() })) })),
    })
    .parse(await recipient.call("GET", "/v1/me/export"));
  assert.deepEqual(
    exported.jobs.map(({ id }) => id),
    [job.id],
  );
  const link = exported.uploads[0]?.files[0]?.url ?? "";
  assert.equal((await fetch(link)).status, 200);

  const erased = await recipient.call("DELETE", "/v1/me");
  assert.equal(erased?.complete, true, JSON.stringify(erased));
  assert.deepEqual(
    await recipient.call("DELETE", "/v1/me"),
    erased,
    "the token outlives the account by minutes",
  );
  await assert.rejects(recipient.refresh(), { name: "ProblemError", status: 401 });
  await assert.rejects(giver.call("GET", "/v1/group"), refusal("not_in_group", 404));
  await assert.rejects(giver.job(job.id), { name: "ProblemError", status: 404 });
  assert.equal((await fetch(link)).status, 404);
  assert.equal(await listener.mayReadJobsOf(spaceId), false);

  const again = await Phone.signIn(cloud, { email: recipient.email, name: "Halmoni" });
  assert.notEqual(again.userId, recipient.userId, "the same address is a new account");
});
