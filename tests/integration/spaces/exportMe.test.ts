import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { randomId } from "#shared/platform/ids.ts";
import { type GroupsHarness, groupsHarness, type TestPerson } from "./harness.ts";

let harness: GroupsHarness;
before(async () => {
  harness = await groupsHarness();
});
after(() => harness.close());

const exportOf = (person: TestPerson) => harness.call(person, "GET", "/v1/me/export");

async function family() {
  const [giver, second, recipient] = [
    await harness.person("care_giver"),
    await harness.person("care_giver"),
    await harness.person("care_recipient"),
  ];
  const spaceId = await harness.bound(giver, recipient);
  harness.advance(1);
  await harness.bound(second, recipient);
  return { giver, second, recipient, spaceId };
}

/** A resource with its file, a VR video, an upload and a job, as sync, the library, uploads and jobs leave them. */
async function furnish(spaceId: string, maker: TestPerson) {
  const [jobId, resourceId, vrVideoId, uploadId] = [randomId(), randomId(), randomId(), randomId()];
  const scene = `spaces/${spaceId}/jobs/${jobId}/1/scene.glb`;
  const at = harness.now;
  await harness.rows(
    "INSERT INTO result_versions (job_id, version, state, space_id) VALUES ($1, $2, 'synced', $3)",
    [jobId, at, spaceId],
  );
  await harness.rows(
    `INSERT INTO resources (id, job_id, space_id, kind, title, params, created_by, lease_number, completed_at)
     VALUES ($1, $2, $3, 'scene', 'The garden', '{}', $4, 1, $5)`,
    [resourceId, jobId, spaceId, maker.id, at],
  );
  await harness.rows(
    `INSERT INTO resource_files (resource_id, name, role, object, content_type, size, crc32c, generation)
     VALUES ($1, 'scene.glb', 'model', $2, 'model/gltf-binary', 5, 'AAAAAA==', '1')`,
    [resourceId, scene],
  );
  await harness.rows(
    `INSERT INTO vr_videos (id, space_id, title, scene_id, scene_transform, created_by, created_at)
     VALUES ($1, $2, 'A walk', $3, '{}', $4, $5)`,
    [vrVideoId, spaceId, resourceId, maker.id, at],
  );
  const upload = harness.uploads.put(`spaces/${spaceId}/uploads/${uploadId}`, Buffer.from("video"));
  await harness.firestore.doc(`uploads/${uploadId}`).set({
    spaceId,
    createdBy: maker.id,
    trace: "4bf92f3577b34da6a3ce929d0e0e4736",
    object: upload.name,
    contentType: "video/quicktime",
    size: 5,
    crc32c: null,
    name: "garden.mov",
    state: "received",
    reason: null,
    received: { generation: upload.generation, size: 5, crc32c: upload.crc32c, contentType: "video/mp4" },
    createdAt: at,
    expiresAt: at,
  });
  await harness.firestore.doc(`jobs/${jobId}`).set({
    kind: "scene",
    title: "The garden",
    params: {},
    spaceId,
    createdBy: maker.id,
    state: "succeeded",
    createdAt: at,
    lease: { hash: "of no interest to people" },
  });
  return { jobId, resourceId, vrVideoId, uploadId };
}

test("a recipient's export has the profile and the group's data, none of other groups", async () => {
  const { giver, recipient, spaceId } = await family();
  const things = await furnish(spaceId, giver);
  const other = await family();
  await furnish(other.spaceId, other.giver);
  const badge = (await harness.call(recipient, "POST", "/v1/badges")).json;
  await harness.call(recipient, "PUT", "/v1/devices/phone", {
    body: { platform: "ios", pushToken: randomId() },
  });

  const answer = await exportOf(recipient);
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get("content-disposition") ?? "", /attachment/);
  const json = answer.json;
  assert.equal(json.complete, true);
  assert.deepEqual(json.truncated, []);
  assert.equal(Date.parse(json.linksExpireAt) - Date.parse(json.exportedAt), 15 * 60_000);
  assert.equal(json.profile.email, recipient.email);
  assert.equal(json.group.id, spaceId);
  assert.deepEqual(json.badges, [badge]);
  assert.equal(json.devices[0].id, "phone");
  assert.equal(json.invitations.length, 2);
  assert.deepEqual(
    [json.resources, json.vrVideos, json.uploads, json.jobs].map((items) =>
      items.map((item: { id: string }) => item.id),
    ),
    [[things.resourceId], [things.vrVideoId], [things.uploadId], [things.jobId]],
  );
  for (const file of [json.resources[0].files[0], json.uploads[0].files[0]]) {
    assert.match(file.url, /^https:.*[?&]generation=\d+&/);
    assert.deepEqual([file.object, file.generation], [undefined, undefined]);
  }
  assert.ok(!answer.text.includes("of no interest"));
  assert.ok(!answer.text.includes(other.spaceId));
});

test("a giver's export holds what they made, and not what another giver made", async () => {
  const { giver, second, spaceId } = await family();
  const mine = await furnish(spaceId, giver);
  await furnish(spaceId, second);
  const { json } = await exportOf(giver);
  assert.equal(json.group.givers.length, 2);
  assert.deepEqual(
    [json.resources, json.vrVideos, json.uploads, json.jobs].map((items) =>
      items.map((item: { id: string }) => item.id),
    ),
    [[mine.resourceId], [mine.vrVideoId], [mine.uploadId], [mine.jobId]],
  );
});

test("an export has the sessions of games that the person played, made by anyone", async () => {
  const { giver, second, spaceId } = await family();
  const { resourceId } = await furnish(spaceId, second);
  await harness.rows(
    `INSERT INTO game_sessions (resource_id, space_id, player_id, game, score, started_at, duration_seconds, sample_rate_hz, coverage)
     VALUES ($1, $2, $3, 'reach', 7, $4, 60, 100, 0.99)`,
    [resourceId, spaceId, giver.id, harness.now],
  );
  await harness.rows(
    `INSERT INTO game_session_metrics (resource_id, channel, metric, unit, value, reason, space_id, player_id, game, started_at)
     SELECT resource_id, 'wrist', metric, unit, value, reason, space_id, player_id, game, started_at
     FROM game_sessions, (VALUES ('range', 'deg', 60, NULL), ('sparc', '', NULL, 'movements_too_long')) AS m (metric, unit, value, reason)
     WHERE resource_id = $1`,
    [resourceId],
  );
  assert.deepEqual((await exportOf(giver)).json.gameSessions, [
    {
      id: resourceId,
      spaceId,
      game: "reach",
      score: 7,
      level: null,
      startedAt: harness.now.toISOString(),
      durationSeconds: 60,
      sampleRateHz: 100,
      coverage: 0.99,
      metrics: [
        { channel: "wrist", metric: "range", value: 60, unit: "deg", reason: null },
        { channel: "wrist", metric: "sparc", value: null, unit: "", reason: "movements_too_long" },
      ],
    },
  ]);
  assert.deepEqual((await exportOf(second)).json.gameSessions, []);
});

test("an export holds nothing that was made for a space that the person has left", async () => {
  const { giver, second, recipient, spaceId } = await family();
  await furnish(spaceId, giver);
  const theirs = await furnish(spaceId, second);
  const personal = (await harness.call(giver, "GET", "/v1/spaces")).json.items.find(
    (item: { type: string }) => item.type === "personal",
  );
  const own = await furnish(personal.id, giver);
  await harness.call(recipient, "DELETE", `/v1/group/members/${giver.id}`);
  const idsOf = async (person: TestPerson) => {
    const { json } = await exportOf(person);
    const lists: { id: string }[][] = [json.resources, json.vrVideos, json.uploads, json.jobs];
    return lists.map((items) => items.map(({ id }) => id));
  };
  assert.deepEqual(await idsOf(giver), [[own.resourceId], [own.vrVideoId], [own.uploadId], [own.jobId]]);
  // Who is still in it has what they made.
  assert.deepEqual(await idsOf(second), [
    [theirs.resourceId],
    [theirs.vrVideoId],
    [theirs.uploadId],
    [theirs.jobId],
  ]);
});

test("a new person has a small export, an erased one none; the audit log says so", async () => {
  const person = await harness.person(null);
  const { json } = await exportOf(person);
  assert.equal(json.group, null);
  assert.deepEqual([json.resources, json.jobs, json.uploads, json.badges], [[], [], [], []]);
  const log = await harness.rows("SELECT action FROM audit_log WHERE user_id = $1", [person.id]);
  assert.deepEqual(log, [{ action: "exported" }]);
  await harness.call(person, "DELETE", "/v1/me");
  assert.equal((await exportOf(person)).status, 401);
});

test("a list with more than 1,000 items is cut to the newest, and says so", async () => {
  const { recipient } = await family();
  await harness.backend.pool.query(
    `INSERT INTO badges (id, user_id, type, local_date, earned_at)
     SELECT lpad(n::text, 26, '0'), $1, 'LOVELY', '2020-01-01'::date + n, '2020-01-01'::timestamptz + make_interval(days => n)
     FROM generate_series(1, 1001) AS n`,
    [recipient.id],
  );
  const { json } = await exportOf(recipient);
  assert.equal(json.badges.length, 1000);
  assert.equal(json.badges.at(-1).date, "2020-01-03");
  assert.deepEqual([json.complete, json.truncated], [false, ["badges"]]);
});

test("an export of many files has so many links per answer; one that fails is null", async () => {
  const { giver, recipient, spaceId } = await family();
  const { resourceId } = await furnish(spaceId, giver);
  for (let more = 0; more < 4; more++) await furnish(spaceId, giver);
  await harness.backend.pool.query(
    `INSERT INTO resource_files (resource_id, name, role, object, content_type, size, crc32c, generation)
     SELECT r.id, n || '.json', 'companion', r.id || n, 'application/json', 5, 'AAAAAA==', '1'
     FROM resources r, generate_series(1, 119) AS n WHERE r.space_id = $1`,
    [spaceId],
  );
  const signRead = harness.resources.signRead;
  let signatures = 0;
  harness.resources.signRead = async (object, ...rest) => {
    signatures += 1;
    if (object === `${resourceId}7`) throw new Error("IAM is away");
    return `https://storage.example/${object}/${rest[0]}`;
  };
  try {
    const linked = new Set<string>();
    let cursor: string | null = "";
    const answers: number[] = [];
    while (cursor !== null) {
      const before = signatures;
      const answer = await harness.call(recipient, "GET", `/v1/me/export${cursor && `?cursor=${cursor}`}`);
      assert.equal(answer.status, 200);
      assert.equal(answer.json.complete, false);
      answers.push(signatures - before);
      for (const { id, files } of answer.json.resources)
        for (const { name, url } of files) if (url !== null) linked.add(`${id}/${name}`);
      cursor = answer.json.nextCursor;
    }
    assert.deepEqual(answers, [360, 240], "whole things, until there are 300");
    assert.equal(linked.size, 5 * 120 - 1, "all but the one that IAM refused");
  } finally {
    harness.resources.signRead = signRead;
  }
});
