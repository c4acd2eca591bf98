/** What a run writes down about itself, so that the next one in the same directory can end what it left behind. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { endProcesses, isRunning, processesOfRun, startOf } from "../processes/table.ts";

const processSchema = z.object({ pid: z.number(), started: z.string() });
const runSchema = z.object({ id: z.string(), owner: processSchema, processes: z.array(processSchema) });
type RunRecord = z.infer<typeof runSchema>;

/** Writes down this process's run and what it has started so far. */
export function recordRun(
  file: string,
  id: string,
  processes: readonly { pid: number; started: string }[],
): void {
  const record: RunRecord = {
    id,
    owner: { pid: process.pid, started: startOf(process.pid) ?? "" },
    processes: processes.map(({ pid, started }) => ({ pid, started })),
  };
  writeFileSync(file, JSON.stringify(record));
}

/**
 * Ends the processes of a run whose owner is dead, each known by pid and start time or by the run's mark, never by name.
 * @throws Error when the owner still runs
 */
export async function endStaleRun(file: string): Promise<void> {
  if (!existsSync(file)) return;
  const parsed = runSchema.safeParse(readJson(file));
  if (parsed.success) {
    const { id, owner, processes } = parsed.data;
    if (isRunning(owner)) {
      throw new Error(
        `a local cloud runs in this directory already (process ${owner.pid}); stop it, or give another --data-dir`,
      );
    }
    await endProcesses(() => processesOfRun(id, processes), 5000);
  }
  rmSync(file, { force: true });
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined; // cut off while it was written
  }
}
