/**
 * A run of `compare_members` as a process of its own, to be killed or stopped. After each page it prints where the next one begins, and
 * goes on, to save that place, when it reads a line. At its end it prints what it returns.
 *
 *   node tests/integration/sweep/walkProcess.ts DATABASE_URL PROJECT_ID SECONDS   (with FIRESTORE_EMULATOR_HOST)
 */
import { once } from "node:events";
import { createInterface } from "node:readline";
import { Firestore } from "@google-cloud/firestore";
import { compareMembers } from "#functions/sweep/memberRepairs.ts";
import { walkOn } from "#functions/sweep/walk.ts";
import { systemClock } from "#shared/platform/clock.ts";
import { randomId } from "#shared/platform/ids.ts";
import { silentLogger } from "#shared/platform/log/logger.ts";
import { createDatabase } from "#shared/platform/sql/pool.ts";
import { TimeLimit } from "#shared/platform/timeLimit.ts";

const [DATABASE_URL = "", projectId = "", seconds = ""] = process.argv.slice(2);
const db = createDatabase(
  { DATABASE_URL, DATABASE_IAM: false, DATABASE_CA: undefined, DATABASE_POOL_MAX: 2 },
  { name: "sweep", max: 2, log: silentLogger },
);
const firestore = new Firestore({ projectId });
const input = createInterface({ input: process.stdin });

const done = await walkOn(
  {
    name: "compare_members",
    restSeconds: () => 3600,
    page: async (place, time) => {
      const page = await compareMembers({ db, firestore }, place, time, 4);
      const goesOn = once(input, "line");
      console.log(JSON.stringify({ mended: page.did.mended, next: page.next }));
      await goesOn;
      return page;
    },
  },
  { db, clock: systemClock, newId: randomId },
  new TimeLimit(Number(seconds)),
);
console.log(JSON.stringify({ done }));
input.close();
await Promise.all([db.close(), firestore.terminate()]);
