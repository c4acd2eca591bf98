import assert from "node:assert/strict";
import { test } from "node:test";
import { withTrace } from "../trace.ts";
import { createLogger } from "./logger.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

test("a line has Cloud Logging's fields and its trace; an error's detail stays out", () => {
  const lines: string[] = [];
  const log = createLogger("info", { function: "jobs" }, "my-project", { write: (line) => lines.push(line) });
  withTrace(TRACE, () => log.info("job_submitted", { jobId: "j", kind: "scene" }));
  const cause = new Error("inner");
  const error = Object.assign(new Error("outer", { cause }), { detail: "Key (email)=(a@b)" });
  log.with({ requestId: "r" }).error("request_failed", { error, route: "/v1/jobs" });

  const [first, second] = lines.map((line) => JSON.parse(line));
  const { time, ...rest } = first;
  assert.ok(!Number.isNaN(Date.parse(time)));
  assert.deepEqual(rest, {
    severity: "INFO",
    message: "job_submitted",
    event: "job_submitted",
    function: "jobs",
    jobId: "j",
    kind: "scene",
    "logging.googleapis.com/trace": `projects/my-project/traces/${TRACE}`,
  });
  assert.equal(second.severity, "ERROR");
  assert.equal(second.requestId, "r");
  assert.equal(second.error.cause.message, "inner");
  assert.equal(second["logging.googleapis.com/trace"], undefined);
  assert.doesNotMatch(lines.join(""), /a@b/);
});

test("no caller fails because of a line: causes in a circle, an output that is gone", () => {
  const lines: string[] = [];
  const log = createLogger("info", {}, undefined, { write: (line) => lines.push(line) });
  const error = new Error("round");
  error.cause = new Error("inner", { cause: error });
  log.error("request_failed", { error, route: "/v1/jobs" });
  const [line] = lines.map((text) => JSON.parse(text));
  assert.deepEqual(
    [line.event, line.error.message, line.error.cause.message],
    ["request_failed", "round", "inner"],
  );

  const broken = createLogger("info", {}, undefined, {
    write() {
      throw Object.assign(new Error("write EPIPE"), { code: "EPIPE" });
    },
  });
  broken.info("job_submitted", { jobId: "j", kind: "scene" });
});

test("a line below the level is left out; one that JSON can't hold keeps its event", () => {
  const lines: string[] = [];
  const log = createLogger("warn", { huge: 1n }, undefined, { write: (line) => lines.push(line) });
  log.info("job_submitted", { jobId: "j", kind: "scene" });
  log.warn("caller_address_coarse", { reason: "phone" });
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).event),
    ["caller_address_coarse"],
  );
});
