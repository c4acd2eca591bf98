/** What the queue is compared with: graphile-worker on the same machine's PostgreSQL, doing work that is nothing. */
import { Logger, run, runMigrations } from "graphile-worker";
import pg from "pg";

const silent = new Logger(() => () => {});

/** One process with so many workers, as one process of ours has so many engines. */
export class GraphileQueue {
  readonly #connectionString: string;
  readonly #pool: pg.Pool;

  private constructor(connectionString: string) {
    this.#connectionString = connectionString;
    this.#pool = new pg.Pool({ connectionString, max: 20 });
  }

  static async open(connectionString: string): Promise<GraphileQueue> {
    await runMigrations({ connectionString, logger: silent });
    return new GraphileQueue(connectionString);
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  /** Workers empty a line of so many jobs. @returns milliseconds */
  async emptyLine(workers: number, jobs: number): Promise<number> {
    await this.#pool.query(
      "SELECT count(graphile_worker.add_job('work', json_build_object('n', n))) FROM generate_series(1, $1::int) AS n",
      [jobs],
    );
    const { promise, resolve } = Promise.withResolvers<void>();
    let left = jobs;
    const begun = performance.now();
    const runner = await this.#run(workers, { work: async () => {} });
    // A job has ended when it is noted so, and not when its task returns.
    runner.events.on("job:complete", () => {
      left -= 1;
      if (left === 0) resolve();
    });
    await promise;
    const took = performance.now() - begun;
    await runner.stop();
    return took;
  }

  /** From before a job is added until a waiting worker has it, one after the other. @returns milliseconds of each */
  async waits(count: number): Promise<number[]> {
    let begin = () => {};
    const runner = await this.#run(1, { work: async () => begin() });
    try {
      const waits: number[] = [];
      for (let turn = 0; turn < count; turn++) {
        const { promise, resolve } = Promise.withResolvers<number>();
        begin = () => resolve(performance.now());
        const asked = performance.now();
        await this.#pool.query("SELECT graphile_worker.add_job('work', '{}')");
        waits.push((await promise) - asked);
      }
      return waits;
    } finally {
      await runner.stop();
    }
  }

  #run(concurrency: number, taskList: Record<string, () => Promise<void>>) {
    return run({
      ...{ concurrency, taskList, logger: silent, noHandleSignals: true },
      connectionString: this.#connectionString,
      maxPoolSize: concurrency + 2,
      crontab: "",
    });
  }
}
