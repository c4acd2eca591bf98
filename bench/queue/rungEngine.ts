/** From a submission to its lease by an engine that sleeps until it is rung: through `jobs`, the task, `dispatch`, the ring and `engine`. */
import { Agent, createServer, request } from "node:http";
import { Firestore } from "@google-cloud/firestore";
import { z } from "zod";
import { freePort, LOOPBACK } from "#local/processes/ports.ts";
import { plusSeconds } from "#shared/platform/clock.ts";
import { randomId } from "#shared/platform/ids.ts";
import { type Upload, uploadsOf } from "#shared/uploads/uploadDocument.ts";
import { endInstance, type Instance, startInstance, type Target } from "../world/instance.ts";
import { type BenchRequest, post } from "../world/requests.ts";
import { BENCH_SPACE, type World } from "../world/world.ts";

const answerSchema = z.object({ leases: z.array(z.object({ job: z.object({ id: z.string() }) })) });
const jobSchema = z.object({ id: z.string() });
/** Longer than this no submission waits: its ring was lost. */
const LOST_MS = 30_000;

interface Wait {
  /** Until the submission was answered, in milliseconds. */
  readonly answered: number;
  /** Until the engine had the lease. */
  readonly leased: number;
}

/** Submits one job after the other; the engine takes each before the next one comes. */
export async function rungWaits(world: World, count: number): Promise<Wait[]> {
  const dispatchPort = await freePort();
  const enginePort = await freePort();
  const engines = JSON.stringify([{ url: `http://${LOOPBACK}:${enginePort}`, kinds: ["scene"] }]);
  const rung = (target: Target): Target => ({
    ...target,
    env: { ...target.env, ENGINES: engines, DISPATCH_URL: `http://${LOOPBACK}:${dispatchPort}` },
  });
  const jobs = await startInstance(world.run, rung(world.target("jobs")), await freePort());
  const dispatch = await startInstance(world.run, rung(world.target("dispatch")), dispatchPort);
  const engine = await startInstance(world.run, rung(world.target("engine")), await freePort());
  const agent = new Agent({ keepAlive: true });
  const leased = new Map<string, PromiseWithResolvers<number>>();
  const leaseOf = (id: string) => {
    const known = leased.get(id) ?? Promise.withResolvers<number>();
    leased.set(id, known);
    return known;
  };
  const server = createServer((wake, answer) => {
    wake.resume();
    answer.writeHead(202).end();
    askForWork(world, engine, agent).then(
      (ids) => {
        for (const id of ids) leaseOf(id).resolve(performance.now());
      },
      () => {}, // the next ring asks again
    );
  });
  await new Promise<void>((resolve) => server.listen(enginePort, LOOPBACK, resolve));
  const env = world.target("jobs").env;
  const firestore = new Firestore({ projectId: env.GOOGLE_CLOUD_PROJECT ?? "" });
  try {
    const uploadId = randomId();
    await uploadsOf(firestore).doc(uploadId).set(receivedUpload(uploadId, world));
    const waits: Wait[] = [];
    for (let turn = 0; turn < count; turn++) {
      const body = { kind: "scene", title: "A place", params: {}, inputs: { video: uploadId } };
      const begun = performance.now();
      const answer = await send(
        jobs.port,
        post("/v1/jobs", body, world.subjects.person.token, randomId()),
        agent,
      );
      const answered = performance.now() - begun;
      const { id } = jobSchema.parse(JSON.parse(answer));
      waits.push({ answered, leased: (await within(leaseOf(id).promise)) - begun });
    }
    return waits;
  } finally {
    server.close();
    agent.destroy();
    await Promise.all([jobs, dispatch, engine].map(endInstance));
    await firestore.terminate();
  }
}

async function askForWork(world: World, engine: Instance, agent: Agent): Promise<string[]> {
  const body = { engineId: "bench", kinds: ["scene"], max: 1, leaseSeconds: 3600 };
  const asked = post("/v1/engine/leases", body, world.subjects.engineToken, randomId());
  const { leases } = answerSchema.parse(JSON.parse(await send(engine.port, asked, agent)));
  return leases.map(({ job }) => job.id);
}

async function within<T>(promise: Promise<T>): Promise<T> {
  let late: NodeJS.Timeout | undefined;
  const lost = new Promise<never>((_, reject) => {
    late = setTimeout(() => reject(new Error("a job was submitted and no engine was rung")), LOST_MS);
  });
  try {
    return await Promise.race([promise, lost]);
  } finally {
    clearTimeout(late);
  }
}

function receivedUpload(id: string, { subjects }: World): Upload {
  const now = new Date();
  const content = { size: 99, contentType: "video/mp4", crc32c: "AAAAAA==" };
  return {
    ...{
      spaceId: BENCH_SPACE,
      createdBy: subjects.person.userId,
      object: `spaces/${BENCH_SPACE}/uploads/${id}`,
    },
    ...{ trace: "0af7651916cd43dd8448eb211c80319c", name: null, state: "received", reason: null },
    ...content,
    received: { ...content, generation: "1" },
    createdAt: now,
    expiresAt: plusSeconds(now, 86_400),
  };
}

function send(port: number, { method, path, headers, body }: BenchRequest, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const text = JSON.stringify(body);
    const options = {
      ...{ host: LOOPBACK, port, method, path, agent },
      headers: { ...headers, "content-type": "application/json", "content-length": Buffer.byteLength(text) },
    };
    const sent = request(options, (response) => {
      let answer = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        answer += chunk;
      });
      response.on("end", () => {
        if ((response.statusCode ?? 500) < 300) resolve(answer);
        else reject(new Error(`${method} ${path} answered ${response.statusCode}: ${answer.slice(0, 500)}`));
      });
    });
    sent.on("error", reject);
    sent.end(text);
  });
}
