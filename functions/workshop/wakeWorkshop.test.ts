import assert from "node:assert/strict";
import { test } from "node:test";
import { hasCode } from "#shared/platform/errors.ts";
import type { Task } from "#shared/platform/tasks/taskQueue.ts";
import { wakeWorkshop } from "./wakeWorkshop.ts";

/** A queue that refuses names that were used, and a clock that is set. */
function setUp() {
  const added: Task[] = [];
  const names = new Set<string | undefined>();
  const time = { ms: 0 };
  const deps = {
    tasks: {
      add: async (task: Task) => {
        if (names.has(task.name)) return "exists" as const;
        names.add(task.name);
        added.push(task);
        return "added" as const;
      },
    },
    tasksPerRing: 3,
    work: new Map([["session", async () => ({ files: [] })]]),
    clock: () => new Date(time.ms),
  };
  return { added, deps, time };
}

test("a ring adds a task for each worker, to be done at once", async () => {
  const { added, deps } = setUp();
  assert.equal(await wakeWorkshop({ kind: "session" }, deps), 3);
  assert.deepEqual(
    added.map(({ queue, path, body, at }) => ({ queue, path, body, at })),
    [1, 2, 3].map((worker) => ({ queue: "work", path: "/work", body: { worker }, at: undefined })),
  );
});

test("a ring within the same second adds nothing and is to come again; later it adds", async () => {
  const { added, deps, time } = setUp();
  time.ms = 5000;
  await wakeWorkshop({ kind: "session" }, deps);
  time.ms = 5999;
  await assert.rejects(wakeWorkshop({ kind: "session" }, deps), (error) => hasCode(error, "unavailable"));
  assert.equal(added.length, 3);
  time.ms = 6000;
  assert.equal(await wakeWorkshop({ kind: "session" }, deps), 3);
  assert.equal(added.length, 6);
});

test("a ring that a crash cut off is completed by its repetition", async () => {
  const { added, deps } = setUp();
  await wakeWorkshop({ kind: "session" }, { ...deps, tasksPerRing: 1 });
  assert.equal(await wakeWorkshop({ kind: "session" }, deps), 2);
  assert.equal(added.length, 3);
});

test("a kind that is not done here is refused, and no task is added", async () => {
  const { added, deps } = setUp();
  await assert.rejects(wakeWorkshop({ kind: "scene" }, deps), (error) => hasCode(error, "unknown_kind"));
  assert.deepEqual(added, []);
});
