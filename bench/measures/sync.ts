/**
 * From an event to the row: how long `sync` takes to answer events of new results at several rates, beside a handler of the same framework that
 * inserts one row per event.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { withClient } from "#local/postgres/withClient.ts";
import { freePort, LOOPBACK } from "#local/processes/ports.ts";
import { functions } from "#shared/manifest.ts";
import { randomId } from "#shared/platform/ids.ts";
import { endInstance, type Instance, startInstance, type Target } from "../world/instance.ts";
import { resultEvent } from "../world/requests.ts";
import { makeResults } from "../world/results.ts";
import type { World } from "../world/world.ts";
import { type Measure, type Measured, median, quantile, type Row, ratios, rounded } from "./measure.ts";

/** Spaces that the results are spread over. */
const SPACES = 200;
const WARM_UP = 300;
/** Events of one load, sent one after the other, and as many at once as may be. */
const ONE_BY_ONE = 150;
const AT_MOST = 600;
/** Results a second, and for how many seconds. */
const RATES = [
  { perSecond: 1, seconds: 10 },
  { perSecond: 10, seconds: 10 },
  { perSecond: 100, seconds: 10 },
  { perSecond: 1_000, seconds: 60 },
];
/** Results that are made for the highest rate: more than an instance on this sort of machine brings into SQL in that time. */
const MOST = 6_000;

/** What became of some events. */
interface Load {
  /** From the moment an event was due until its answer, which comes after the commit; in milliseconds. */
  readonly waits: readonly number[];
  /** From sending it. */
  readonly served: readonly number[];
  readonly perSecond: number;
  readonly cpuMs: number;
}

/** @param pairs of loads, one beside the other, for each ratio */
export function sync(pairs: number, only?: string): Measure {
  return { name: "sync", run: (world) => measureSync(world, pairs, only) };
}

async function measureSync(world: World, pairs: number, only = ""): Promise<Measured> {
  await world.startPubsub();
  const spaces = await makeSpaces(world);
  const inserting = await startInstance(world.run, await insertTarget(world), await freePort());
  const syncing = await startInstance(world.run, world.target("sync"), await freePort());
  try {
    const sender = await senderOf(world, spaces, { syncing, inserting });
    await sender.load("syncing", { count: WARM_UP });
    await sender.load("inserting", { count: WARM_UP });
    const rows: Row[] = [];
    const one = { count: ONE_BY_ONE, atOnce: 1 };
    const all = { count: AT_MOST };
    const turns: [string, () => Promise<Omit<Row, "name">>][] = [
      [
        "one after the other",
        () => inPairs(sender, pairs, one, ({ served }) => median(served), { atMost: 1.3 }),
      ],
      ["CPU time", () => inPairs(sender, pairs, all, ({ cpuMs }) => cpuMs)],
      ...RATES.map((rate): (typeof turns)[number] => [
        `${rate.perSecond} a second`,
        () => atRate(sender, rate),
      ]),
    ];
    for (const [name, turn] of turns) if (name.includes(only)) rows.push({ name, ...(await turn()) });
    return {
      title: "From an event to the row",
      reference: "a plain insert",
      says: "Time from when an event of a new result is due until `sync` has answered it, which is after the commit, the message to Pub/Sub and the feed of the space; the median as a multiple of that of a handler which inserts one row per event, at the same rate. One instance of each, as many events at once as the manifest gives `sync`.",
      rows,
    };
  } finally {
    await Promise.all([endInstance(inserting), endInstance(syncing)]);
  }
}

type Sender = Awaited<ReturnType<typeof senderOf>>;

async function inPairs(
  sender: Sender,
  count: number,
  options: { count: number; atOnce?: number },
  figure: (load: Load) => number,
  goal?: { atMost: number },
): Promise<Omit<Row, "name">> {
  const references: Load[] = [];
  const mine: Load[] = [];
  for (let pair = 0; pair < count; pair++) {
    references.push(await sender.load("inserting", options));
    mine.push(await sender.load("syncing", options));
  }
  return {
    ...ratios(mine.map(figure), references.map(figure)),
    ...(goal && { goal }),
    also: alsoOf(mine, references),
  };
}

async function atRate(
  sender: Sender,
  { perSecond, seconds }: (typeof RATES)[number],
): Promise<Omit<Row, "name">> {
  const count = perSecond * seconds;
  const reference = await sender.load("inserting", { count, perSecond, seconds });
  const mine = await sender.load("syncing", { count, perSecond, seconds });
  const ratio = rounded(median(mine.waits) / median(reference.waits));
  return { ratio, spread: [ratio, ratio], also: alsoOf([mine], [reference]) };
}

function alsoOf(mine: readonly Load[], references: readonly Load[]): Record<string, number> {
  const waits = mine.flatMap((load) => load.waits);
  return {
    "p50 ms": rounded(median(waits)),
    "p99 ms": rounded(quantile(waits, 0.99)),
    "insert p50 ms": rounded(median(references.flatMap((load) => load.waits))),
    "reached a second": rounded(median(mine.map(({ perSecond }) => perSecond))),
    "insert reached": rounded(median(references.map(({ perSecond }) => perSecond))),
    "CPU ms": rounded(median(mine.map(({ cpuMs }) => cpuMs))),
    "insert CPU ms": rounded(median(references.map(({ cpuMs }) => cpuMs))),
  };
}

async function senderOf(
  world: World,
  spaces: readonly string[],
  instances: { readonly syncing: Instance; readonly inserting: Instance },
) {
  const { concurrency } = functions.sync;
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  return {
    /**
     * Sends events of results that are new. Without a rate each is due when a place is free.
     * @param options.seconds after which no more are sent
     */
    async load(
      name: keyof typeof instances,
      options: { count: number; atOnce?: number; perSecond?: number; seconds?: number },
    ): Promise<Load> {
      const { atOnce = concurrency, perSecond, seconds = Number.POSITIVE_INFINITY } = options;
      const count = Math.min(options.count, MOST);
      const ids =
        name === "syncing"
          ? await makeResults(world, spaces, count)
          : Array.from({ length: options.count }, randomId);
      const instance = instances[name];
      const waits: number[] = [];
      const served: number[] = [];
      const cpuBefore = instance.cpuMs();
      const begun = performance.now();
      let next = 0;
      const lane = async () => {
        for (;;) {
          const index = next++;
          const id = ids[index];
          if (id === undefined) return;
          const due = perSecond === undefined ? performance.now() : begun + (index * 1000) / perSecond;
          const early = due - performance.now();
          if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
          const sent = performance.now();
          if (sent - begun > seconds * 1000) return;
          await send(instance.port, id, agent);
          waits.push(performance.now() - due);
          served.push(performance.now() - sent);
        }
      };
      await Promise.all(Array.from({ length: atOnce }, lane));
      return {
        waits,
        served,
        perSecond: waits.length / ((performance.now() - begun) / 1000),
        cpuMs: (instance.cpuMs() - cpuBefore) / waits.length,
      };
    },
  };
}

function send(port: number, jobId: string, agent: Agent): Promise<void> {
  const { path, headers, body } = resultEvent(jobId);
  const text = JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        ...{ host: LOOPBACK, port, path, agent, method: "POST" },
        headers: {
          ...headers,
          "content-type": "application/json",
          "content-length": Buffer.byteLength(text),
        },
      },
      (response) => {
        response.resume();
        response.on("end", () => {
          const status = response.statusCode ?? 0;
          if (status < 300) resolve();
          else reject(new Error(`the event of a result was answered ${status}`));
        });
      },
    );
    sent.on("error", reject);
    sent.end(text);
  });
}

async function makeSpaces({ ownerUrl }: World): Promise<string[]> {
  return withClient(ownerUrl, async (client) => {
    const ids = Array.from({ length: SPACES }, randomId);
    await client.query(
      "INSERT INTO spaces (id, type, created_at) SELECT id, 'site', now() FROM unnest($1::text[]) AS id",
      [ids],
    );
    return ids;
  });
}

/** What `sync` is compared with: the same framework, the same pool, one insert per event. */
async function insertTarget({ dir, ownerUrl, target }: World): Promise<Target> {
  await withClient(ownerUrl, (client) =>
    client.query("CREATE TABLE IF NOT EXISTS bench_events (id text PRIMARY KEY, at timestamptz NOT NULL)"),
  );
  const source = join(dir, "inserting");
  mkdirSync(source, { recursive: true });
  writeFileSync(
    join(source, "index.js"),
    `const { Pool } = require("pg");
const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: ${functions.sync.sqlPool} });
exports.inserting = async (event) => {
  await pool.query("INSERT INTO bench_events (id, at) VALUES ($1, $2)", [event.subject, new Date()]);
};
`,
  );
  writeFileSync(join(source, "package.json"), '{"name":"inserting","main":"index.js"}\n');
  const env = { ...target("sync").env, DATABASE_URL: ownerUrl };
  return { name: "inserting", source, events: true, env };
}
