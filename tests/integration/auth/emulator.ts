/** Firebase's Auth emulator by itself, for suites that need no other emulator. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { FIREBASE_CLI } from "#local/firebase/locate.ts";
import { freePort, LOOPBACK } from "#local/processes/ports.ts";
import { openTestRun } from "#local/testing/start.ts";

/** What a phone and its owner do at Firebase. */
export interface FirebaseClient {
  /** Calls a method of the client API, as the Firebase SDK on a phone does. */
  client(method: string, body: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>>;
  /** The SMS code that was last sent to this number. */
  smsCode(phoneNumber: string): Promise<string>;
  /** Opens the link of the verification mail that was last sent to this address. */
  openVerificationLink(email: string): Promise<void>;
}

export interface AuthEmulator extends FirebaseClient, AsyncDisposable {
  /** `host:port`, as FIREBASE_AUTH_EMULATOR_HOST takes it. */
  readonly host: string;
}

const objectSchema = z.record(z.string(), z.unknown());

/** Starts the emulator; it ends with `dispose`, or with this process. */
export async function startAuthEmulator(projectId: string): Promise<AuthEmulator> {
  const { run, dir } = openTestRun();
  const [auth, hub, logging] = [await freePort(), await freePort(), await freePort()];
  const at = (port: number) => ({ host: LOOPBACK, port });
  const emulators = {
    auth: at(auth),
    hub: at(hub),
    logging: at(logging),
    ui: { enabled: false },
    singleProjectMode: false,
  };
  writeFileSync(join(dir, "firebase.json"), JSON.stringify({ emulators }));
  const settings = join(dir, "home", "configstore");
  mkdirSync(settings, { recursive: true });
  writeFileSync(
    join(settings, "firebase-tools.json"),
    JSON.stringify({ usage: false, motd: { fetched: Date.now() } }),
  );
  const child = await run.start({
    name: "auth",
    command: process.execPath,
    args: [FIREBASE_CLI, "emulators:start", "--project", projectId, "--only", "auth"],
    cwd: dir,
    endAbruptly: true,
    env: {
      PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ""}`,
      XDG_CONFIG_HOME: join(dir, "home"),
      CI: "true",
      NO_UPDATE_NOTIFIER: "1",
      METADATA_SERVER_DETECTION: "none",
    },
  });
  const host = `${LOOPBACK}:${auth}`;
  await run.waitUntil(child, () => answers(`http://${host}/`), 90_000);

  return { host, ...firebaseClient(host, projectId), [Symbol.asyncDispose]: () => run.stop() };
}

/** @param host `host:port` of a running Auth emulator */
export function firebaseClient(host: string, projectId: string): FirebaseClient {
  const emulatorApi = async (what: string) => {
    const answer = await fetch(`http://${host}/emulator/v1/projects/${projectId}/${what}`);
    return z.array(objectSchema).parse(objectSchema.parse(await answer.json())[what]);
  };
  return {
    async client(method, body) {
      const url = `http://${host}/identitytoolkit.googleapis.com/v1/accounts:${method}?key=any`;
      const headers = { "content-type": "application/json" };
      const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
      const parsed = objectSchema.parse(await answer.json());
      if (!answer.ok) throw new Error(`${method}: ${JSON.stringify(parsed)}`);
      return parsed;
    },
    async smsCode(phoneNumber) {
      const sent = await emulatorApi("verificationCodes");
      return z.string().parse(sent.filter((sms) => sms.phoneNumber === phoneNumber).at(-1)?.code);
    },
    async openVerificationLink(email) {
      const sent = await emulatorApi("oobCodes");
      const link = z.string().parse(sent.filter((mail) => mail.email === email).at(-1)?.oobLink);
      const answer = await fetch(link);
      if (!answer.ok) throw new Error(`the link answered ${answer.status}`);
    },
  };
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}
