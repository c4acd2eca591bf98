/** What is asked of Google Cloud and Postgres, counted: for one conversion, for an hour in which nothing happens, and for a page of 50. */

import { convert, type Home, makeHome } from "#tests/integration/operations/conversion.ts";
import { type CountedCloud, countedCloud } from "#tests/integration/operations/countedCloud.ts";
import type { CountName, Counts } from "#tests/integration/operations/counts.ts";
import { resultOf } from "#tests/integration/results/harness.ts";
import type { Listed, Measure } from "./measure.ts";

/** One each minute of half an hour, as the engine kit renews a lease of three minutes. */
const RENEWS = 30;
const PAGE = 50;
const URGENT_RUNS = 60;
const SLOW_RUNS = 4;
const HOURS = 730;

const NAMES: Readonly<Record<CountName, string>> = {
  statements: "SQL statements",
  reads: "Firestore reads",
  writes: "writes",
  deletes: "deletes",
  tasks: "Cloud Tasks",
  messages: "Pub/Sub",
  classA: "Storage A",
  classB: "Storage B",
  signatures: "signatures",
  pushes: "pushes",
  invocations: "invocations",
};
const COUNTED = Object.keys(NAMES) as CountName[]; // the record's keys

/** US dollars for one, in us-central1, without free quotas. */
const PRICES: Readonly<Partial<Record<CountName, { readonly dollars: number; readonly says: string }>>> = {
  reads: { dollars: 0.03 / 1e5, says: "0.03 for 100,000" },
  writes: { dollars: 0.09 / 1e5, says: "0.09 for 100,000" },
  deletes: { dollars: 0.01 / 1e5, says: "0.01 for 100,000" },
  tasks: { dollars: 0.4 / 1e6, says: "0.40 for a million calls and deliveries" },
  // A message counts as 1 kB at least, when it is published and when it is delivered.
  messages: { dollars: (2 * 1000 * 40) / 2 ** 40, says: "40 for a TiB, 2 kB for a message" },
  classA: { dollars: 0.005 / 1e3, says: "0.005 for 1,000" },
  classB: { dollars: 0.0004 / 1e3, says: "0.0004 for 1,000" },
  invocations: { dollars: 0.4 / 1e6, says: "0.40 for a million, beside their time" },
};

export function operations(): Measure {
  return { name: "operations", runAlone: countOperations };
}

async function countOperations(): Promise<Listed> {
  const cloud = await countedCloud();
  try {
    const home = await makeHome(cloud);
    // What is only asked once by an instance is not counted.
    await convert(cloud, home, 1);
    const { steps } = await convert(cloud, home, RENEWS);
    const hour = await idleHour(cloud);
    const pages = await pagesOf(cloud);
    const conversion = sum(steps.map(({ counts }) => counts));
    const lines = [
      ...steps.map(({ name, reason, counts }) => lineOf(name, counts, reason)),
      lineOf("**one conversion**", conversion, ""),
      lineOf("**an idle hour**", hour.counts, hour.reason),
      ...pages.map(({ name, counts, reason }) => lineOf(`**${name}**`, counts, reason)),
    ];
    return {
      title: "Operations",
      says: `Operations that are paid for, and SQL statements (BEGIN and COMMIT among them), of one conversion whose engine renews its lease ${RENEWS} times; counted where they leave the functions, with the real operations on Postgres and the Firestore emulator. Rate limits are left out: each instance writes its counters by one statement a second at most, behind the requests.`,
      head: ["", ...COUNTED.map((name) => NAMES[name]), "why"],
      lines,
      elsewhere: [
        {
          page: "docs/deploy.md",
          head: ["", "dollars for", "a conversion", "1,000 conversions, $", "an idle month", "its price, $"],
          lines: priced(conversion, hour.counts),
        },
      ],
    };
  } finally {
    await cloud.close();
  }
}

/** The runs of both schedules, each as one that finds nothing; the first slow run of an hour begins its walks again. */
async function idleHour(cloud: CountedCloud): Promise<{ counts: Counts; reason: string }> {
  const run = (path: string) => cloud.counted(() => cloud.ask("sweep", "POST", path, { token: null }));
  const walking = await run("/slow");
  await run("/urgent");
  const [urgent, slow] = [await run("/urgent"), await run("/slow")];
  const counts = sum([
    ...Array.from({ length: URGENT_RUNS }, () => urgent),
    walking,
    ...Array.from({ length: SLOW_RUNS - 1 }, () => slow),
  ]);
  return {
    counts,
    reason: `${URGENT_RUNS} urgent and ${SLOW_RUNS} slow runs of \`sweep\`; the walks of a small project once`,
  };
}

async function pagesOf(cloud: CountedCloud) {
  const ask = async (name: string, path: string, { spaceId, giver }: Home) => {
    const asked = `${path}?limit=${PAGE}&spaceId=${spaceId}`;
    const answer = await cloud.ask(name, "GET", asked, { token: giver.token });
    const items = answer.json.items?.length;
    if (items !== PAGE) throw new Error(`${asked} answered ${answer.status} with ${items} items`);
  };
  const library = await makeHome(cloud);
  for (let made = 0; made < PAGE; made++) {
    const result = await resultOf(
      { objects: cloud.resources },
      { spaceId: library.spaceId, giverId: library.giver.id },
    );
    await cloud.firestore.doc(`results/${result.jobId}`).set(result);
    await cloud.events.resultWritten(result.jobId);
  }
  const waiting = await makeHome(cloud);
  for (let made = 0; made < PAGE; made++) await queueJob(cloud, waiting);
  return [
    {
      name: "a page of 50 resources",
      reason: "one statement; files of a list have no URLs",
      counts: await cloud.counted(() => ask("library", "/v1/resources", library)),
    },
    {
      name: "a page of 50 waiting jobs",
      reason: "each job is a read; the line is read once for all places",
      counts: await cloud.counted(() => ask("jobs", "/v1/jobs", waiting)),
    },
  ];
}

async function queueJob(cloud: CountedCloud, { spaceId, giver }: Home): Promise<void> {
  const post = async (name: string, path: string, body: object) => {
    const headers = { "idempotency-key": crypto.randomUUID() };
    const answer = await cloud.ask(name, "POST", path, { token: giver.token, headers, body });
    if (answer.status >= 300) throw new Error(`${path} answered ${answer.status}: ${answer.text}`);
    return answer.json;
  };
  const upload = await post("uploads", "/v1/uploads", { contentType: "video/mp4", size: 99, spaceId });
  await cloud.firestore.doc(`uploads/${upload.id}`).update({
    state: "received",
    received: { generation: "1", size: 99, crc32c: "AAAAAA==", contentType: "video/mp4" },
  });
  await post("jobs", "/v1/jobs", {
    kind: "scene",
    title: "Home",
    params: {},
    inputs: { video: upload.id },
    spaceId,
  });
}

function sum(all: readonly Counts[]): Counts {
  const [first, ...others] = all;
  if (!first) throw new Error("a sum of nothing");
  const total = { ...first };
  for (const counts of others) for (const name of COUNTED) total[name] += counts[name];
  return total;
}

function lineOf(name: string, counts: Counts, reason: string): (string | number)[] {
  return [name, ...COUNTED.map((of) => counts[of] || ""), reason];
}

function priced(conversion: Counts, hour: Counts): (string | number)[][] {
  let [thousand, month] = [0, 0];
  const lines = COUNTED.flatMap((name) => {
    const price = PRICES[name];
    if (!price || conversion[name] + hour[name] === 0) return [];
    const [ofThousand, ofMonth] = [
      1000 * conversion[name] * price.dollars,
      HOURS * hour[name] * price.dollars,
    ];
    thousand += ofThousand;
    month += ofMonth;
    const shown = HOURS * hour[name];
    return [[NAMES[name], price.says, conversion[name], cents(ofThousand), shown || "", cents(ofMonth)]];
  });
  return [...lines, ["**sum**", "", "", cents(thousand), "", cents(month)]];
}

function cents(dollars: number): string {
  return dollars === 0 ? "" : dollars < 0.005 ? "below 0.01" : dollars.toFixed(2);
}
