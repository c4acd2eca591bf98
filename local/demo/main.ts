/**
 * `npm run demo`: the way of one video, or of one session of a game, played by two phones against the local cloud.
 *
 *   npm run demo                                        makes a small video of its own
 *   npm run demo -- --video FILE --out DIR --json       converts FILE, saves what was made, ends with one JSON line
 *   npm run demo -- --session [FILE]                    measures what a sensor recorded in a game, and draws it; an example of its own, or FILE
 *   npm run demo -- --open                              ends with the scene's address in the console, and keeps the cloud running
 *
 * The exit code is 0 only if the job succeeded and every byte arrived.
 */
import { parseArgs } from "node:util";
import { type BorrowedCloud, borrowLocalCloud } from "./localCloud.ts";
import { type Narrator, narrator } from "./narrator.ts";
import { ProblemError } from "./phone/api.ts";
import { type Outcome, playDemo } from "./play.ts";
import { playSession } from "./playSession.ts";

const USAGE =
  "npm run demo -- [--video FILE | --session [FILE]] [--out DIR] [--json] [--open] [--port-base N]";

const options = optionsGiven();
if (options === undefined) process.exitCode = 1;
else if (options.help) console.log(USAGE);
else process.exitCode = await main(options);

/** Undefined, once the person has read so, when there is one that isn't known. */
function optionsGiven() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        video: { type: "string" },
        session: { type: "boolean", default: false },
        out: { type: "string" },
        json: { type: "boolean", default: false },
        open: { type: "boolean", default: false },
        "port-base": { type: "string" },
        help: { type: "boolean", default: false },
      },
    });
    const [file, ...others] = positionals;
    const wrong = values.session ? others[0] : file;
    if (wrong !== undefined) throw new Error(`${wrong}: unexpected`);
    return { ...values, file };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n${USAGE}`);
    return undefined;
  }
}

async function main(options: NonNullable<ReturnType<typeof optionsGiven>>): Promise<number> {
  // With --json, standard output is one line for a program; the story goes to standard error.
  const tell = narrator(options.json ? process.stderr : process.stdout);
  const cloud = await borrowLocalCloud({ portBase: options["port-base"], tell });
  if (cloud === undefined) return 1;
  try {
    const common = { addresses: cloud.addresses, out: options.out, tell };
    const outcome = options.session
      ? await playSession({ ...common, file: options.file })
      : await playDemo({ ...common, video: options.video });
    if (options.json) process.stdout.write(`${JSON.stringify(outcome)}\n`);
    if (options.open && arrived(outcome)) await showScene(outcome, cloud, tell);
    return arrived(outcome) ? 0 : 1;
  } catch (error) {
    tell.problem(error instanceof Error ? error.message : String(error));
    if (options.json) process.stdout.write(`${JSON.stringify(notConverted(error))}\n`);
    return 1;
  } finally {
    await cloud.giveBack();
  }
}

/** Says where the scene can be looked at; a cloud that was started for the demo is kept until Ctrl-C. */
async function showScene(
  { resourceId, giver }: Outcome,
  cloud: BorrowedCloud,
  tell: Narrator,
): Promise<void> {
  tell.step(`sign in to the console as ${giver}; Ctrl-C ends what the demo has started`);
  tell.step(`${cloud.addresses.api}/look/${resourceId}`);
  await cloud.ended;
}

/** What a program reads when the way ended before there was a job, for example because the upload was refused. */
function notConverted(error: unknown): Outcome {
  const message = error instanceof Error ? error.message : String(error);
  return {
    jobId: null,
    resourceId: null,
    state: "failed",
    error: { code: error instanceof ProblemError ? error.code : "demo_failed", message },
    giver: null,
    files: [],
    seconds: { upload: 0, queued: 0, converting: 0, synced: 0 },
  };
}

function arrived(outcome: Outcome): boolean {
  return outcome.state === "succeeded" && outcome.files.length > 0;
}
