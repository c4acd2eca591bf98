import assert from "node:assert/strict";
import { test } from "node:test";
import { settingSchemas } from "#shared/platform/config/settings.ts";
import { fillSecrets, missingSecrets, rotateSecret, type SecretsDeps } from "./run.ts";
import { secretManager } from "./secretManager.ts";

function world(values: Record<string, string> = {}, answers: Record<string, string> = {}) {
  const said: string[] = [];
  let next = 0;
  const deps: SecretsDeps = {
    secrets: {
      hasValue: async (name) => values[name] !== undefined,
      read: async (name) => values[name] ?? "",
      add: async (name, value) => {
        values[name] = value;
      },
    },
    randomBytes: (size) => Buffer.alloc(size, ++next),
    ask: async (name) => answers[name],
    say: (line) => said.push(line),
  };
  return { values, said, deps };
}

test("random secrets are made, others asked for, and what is there stays", async () => {
  const { values, said, deps } = world({ CODE_KEY: "kept" }, { SMTP_URL: "smtps://mail.example.com" });
  const names = ["TOKEN_SIGNING_KEYS", "REFRESH_TOKEN_KEY", "CODE_KEY", "SMTP_URL", "OTHER"];
  await fillSecrets(names, deps);
  assert.equal(values.CODE_KEY, "kept");
  assert.equal(values.SMTP_URL, "smtps://mail.example.com");
  assert.ok(settingSchemas.REFRESH_TOKEN_KEY.safeParse(values.REFRESH_TOKEN_KEY).success);
  assert.ok(settingSchemas.TOKEN_SIGNING_KEYS.safeParse(values.TOKEN_SIGNING_KEYS).success);
  assert.ok(settingSchemas.TOKEN_PUBLIC_KEYS.safeParse(said.at(-1)).success);
  const secret = JSON.parse(values.TOKEN_SIGNING_KEYS ?? "").keys[0].d;
  assert.ok(!said.some((line) => line.includes(secret) || line.includes("mail.example.com")));
  assert.deepEqual(await missingSecrets(names, deps), [
    "OTHER has no value: npm run secrets -- --project ID, then deploy again",
  ]);
});

test("after a rotation the new key is first, the one before it second, and no third", async () => {
  const { values, deps } = world();
  await fillSecrets(["REFRESH_TOKEN_KEY", "TOKEN_SIGNING_KEYS"], deps);
  const first = { ...values };
  await rotateSecret("REFRESH_TOKEN_KEY", deps);
  await rotateSecret("TOKEN_SIGNING_KEYS", deps);
  assert.equal(values.REFRESH_TOKEN_KEY?.split(",")[1], first.REFRESH_TOKEN_KEY);
  const keyIds = () =>
    JSON.parse(values.TOKEN_SIGNING_KEYS ?? "").keys.map(({ kid }: { kid: string }) => kid);
  const [second, original] = keyIds();
  assert.equal(original, JSON.parse(first.TOKEN_SIGNING_KEYS ?? "").keys[0].kid);
  await rotateSecret("TOKEN_SIGNING_KEYS", deps);
  assert.deepEqual(keyIds().slice(1), [second]);
});

test("a secret that is not random needs a value to be rotated, and stays without one", async () => {
  const { values, deps } = world({ SMTP_URL: "smtps://old" });
  await assert.rejects(rotateSecret("SMTP_URL", deps), /SMTP_URL/);
  assert.equal(values.SMTP_URL, "smtps://old");
});

test("requests to Secret Manager count against their own project's quota", async () => {
  const asked: (string | null)[] = [];
  const recording: typeof fetch = async (_, init) => {
    asked.push(new Headers(init?.headers).get("x-goog-user-project"));
    return Response.json({ versions: [] });
  };
  await secretManager("demo", async () => "token", recording).hasValue("CODE_KEY");
  assert.deepEqual(asked, ["demo"]);
});

test("a refusal of Secret Manager names the secret and not the value", async () => {
  const refusing: typeof fetch = async () => new Response("{}", { status: 403 });
  const secrets = secretManager("demo", async () => "token", refusing);
  await assert.rejects(secrets.add("CODE_KEY", "the value"), {
    message: "Secret Manager answered 403 for CODE_KEY",
  });
});
