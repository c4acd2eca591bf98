/** Firebase's Auth emulator by itself, for suites that need no other emulator. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { FIREBASE } from "#local/firebase/locate.ts";
import { freePort, LOOPBACK } from "#local/processes/ports.ts";
import { openTestRun } from "#local/testing/start.ts";
import { type FirebaseClient, firebaseClient } from "#tests/acceptance/firebaseClient.ts";

export interface AuthEmulator extends FirebaseClient, AsyncDisposable {
  /** `host:port`, as FIREBASE_AUTH_EMULATOR_HOST takes it. */
  readonly host: string;
}

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
    args: [...FIREBASE, "emulators:start", "--project", projectId, "--only", "auth"],
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

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}
