import { randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { z } from "zod";
import { recording } from "#engine/session/recording.ts";
import { chartLines } from "./chart.ts";
import type { Narrator } from "./narrator.ts";
import { jobSchema, type PhoneAddresses } from "./phone/phone.ts";
import { bindGroup, type Outcome, outcomeOf, sizeOf, stopwatch } from "./play.ts";

/** Content up to this size goes with the request; a larger file is uploaded. */
const INLINE_BYTES = 128 * 1024;

const reportSchema = z.object({
  channels: z.array(
    z.object({
      name: z.string(),
      unit: z.string(),
      metrics: z.record(
        z.string(),
        z.object({ value: z.number().nullable(), reason: z.string().optional() }),
      ),
      repetitions: z.array(z.object({ start: z.number(), peakAt: z.number() })),
      curve: z.array(z.array(z.tuple([z.number(), z.number()]))),
    }),
  ),
});
const sessionsSchema = z.object({ items: z.array(z.object({ score: z.number(), game: z.string() })) });
const progressSchema = z.object({
  items: z.array(z.object({ startsOn: z.string(), median: z.number(), n: z.number() })),
});

/**
 * Plays a game of the recipient: what their sensor recorded is sent, measured by `workshop`, drawn, and seen by the care giver.
 * @param request.file samples of `reverie.session/1`; an example unless given
 */
export async function playSession(request: {
  addresses: PhoneAddresses;
  file: string | undefined;
  out: string | undefined;
  tell: Narrator;
}): Promise<Outcome> {
  const { addresses, tell } = request;
  const scratch = await mkdtemp(join(tmpdir(), "reverie-demo-"));
  try {
    const samples = request.file ?? (await exampleIn(scratch));
    const { giver, recipient } = await bindGroup(addresses, tell);
    const clock = stopwatch();
    const { size } = await stat(samples);
    const input =
      size <= INLINE_BYTES
        ? { contentType: "application/json", base64: (await readFile(samples)).toString("base64") }
        : await recipient.upload(samples, "application/json");
    const body = {
      kind: "session",
      title: "Reaching for the apples",
      params: { game: "apples", score: 20, startedAt: new Date().toISOString() },
      inputs: { samples: input },
    };
    const submitted = jobSchema.parse(
      await recipient.call("POST", "/v1/jobs", { body, idempotencyKey: randomUUID() }),
    );
    const upload = clock.lap();
    const how = typeof input === "string" ? "by an upload" : "in one request";
    tell.step(`Halmoni's glove sent ${await sizeOf(samples)} of samples ${how}: job ${submitted.id}`);

    const outcome = await outcomeOf(recipient, submitted, { upload, out: request.out, clock, tell });
    const report = outcome.files.find(({ name }) => name === "session.json");
    if (!report) return outcome;
    draw(reportSchema.parse(JSON.parse(await readFile(report.path, "utf8"))), tell);

    const player = `playerId=${recipient.userId}`;
    const { items } = sessionsSchema.parse(await giver.call("GET", `/v1/game-sessions?${player}`));
    tell.step(
      `Jiwoo sees ${items.length} session of her grandmother's: ${items.map(({ game, score }) => `${game}, ${score} points`)}`,
    );
    const progress = progressSchema.parse(
      await giver.call("GET", `/v1/progress?${player}&game=apples&metric=score&bucket=week`),
    );
    for (const { startsOn, median, n } of progress.items)
      tell.step(`progress: week of ${startsOn}, median ${median} of ${n}`);
    return outcome;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function exampleIn(scratch: string): Promise<string> {
  const path = join(scratch, "samples.json");
  const { file } = recording({ rate: 50, noise: 1, jitter: 4, lost: 0.01 });
  const short = (values: readonly number[]) => values.map((value) => Math.round(value * 100) / 100);
  const channels = file.channels.map((channel) => ({ ...channel, v: short(channel.v) }));
  await writeFile(path, JSON.stringify({ ...file, t: short(file.t), channels }));
  return resolve(path);
}

function draw({ channels }: z.infer<typeof reportSchema>, tell: Narrator): void {
  for (const channel of channels) {
    tell.step(`${channel.name}, in ${channel.unit}: ${channel.repetitions.length} repetitions`);
    for (const line of chartLines(channel)) tell.step(line);
    for (const [name, { value, reason }] of Object.entries(channel.metrics))
      tell.step(`  ${name.padEnd(20)} ${value ?? `none (${reason})`}`);
  }
}
