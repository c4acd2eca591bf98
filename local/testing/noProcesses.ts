/** Preloaded into the processes of unit tests: starting a process there is refused. */
import childProcess from "node:child_process";
import { syncBuiltinESMExports } from "node:module";

// The test runner itself, which starts a process for each file, has no context.
if (process.env.NODE_TEST_CONTEXT !== undefined) {
  const refuse = (): never => {
    throw new Error(
      "a unit test starts no process; one that must belongs to another tier (local/testing/tiers.ts)",
    );
  };
  const starters = ["spawn", "spawnSync", "exec", "execSync", "execFile", "execFileSync", "fork"] as const;
  for (const name of starters) Object.defineProperty(childProcess, name, { value: refuse });
  syncBuiltinESMExports();
}
