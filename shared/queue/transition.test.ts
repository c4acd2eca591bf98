/**
 * The life of a job as a table. Each row is a job, what happens to it, and what becomes of it: the fields that change, and what follows
 * the commit. A field that a row doesn't name stays as it was, except that `updatedAt` is the time of the event. The words of the table
 * are in `testing/lifeOfJobs.ts`.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { reasonOf } from "../kinds/failures.ts";
import { MAX_ANNOUNCED } from "../kinds/kind.ts";
import type { Job } from "./jobDocument.ts";
import type { JobEvent } from "./jobEvent.ts";
import { jobWith, NOW } from "./testing/jobFixture.ts";
import * as life from "./testing/lifeOfJobs.ts";
import { transition } from "./transition.ts";

const { AWAITING, AWAITING_TWO, AWAITING_ONE_TWICE, AWAITING_MISFITS, QUEUED } = life;
const { REFUNDED, BACKING_OFF, RUNNING } = life;
const { SUCCEEDED, FAILED, CANCELLED, cancelledWith, running, lent, over, waiting, arrived, unusable } = life;
const { submit, arrives, isRejected, willNotCome, lease, renew, announce, complete, fail, release } = life;
const { attemptRefunded, leaseEnded, backOffEnded, cancel, retry, retryFailed, sent, erase } = life;
const { becomes, noted, stays, refused, entersLine, runs, backsOff, isCancelled, fails, succeeds, LOST } =
  life;
const { T, at, RULES, NEW, CLEAN, FILE, HERE, PENDING, REJECTED, here, leaseTimer, entryTimer } = life;

const NO_JOB = undefined;
const FULL = Object.fromEntries(Array.from({ length: MAX_ANNOUNCED }, (_, n) => [`${n}.png`, FILE]));
const IMAGE = { contentType: "image/png" };
const TYPE = reasonOf("type_not_accepted").message;
const SIZE = reasonOf("too_large").message;
const MISSING = reasonOf("upload_missing").message;
const TOO_LONG = reasonOf("took_too_long").message;
const ENGINE_LOST = reasonOf("engine_lost").message;

type Row = readonly [title: string, job: Job | undefined, event: JobEvent, becomes: life.Becomes];

// biome-ignore format: a row is a line
const table: readonly Row[] = [
  // submit: the ids of its uploads by role, and what is known of these uploads
  ["new, its upload is there: in line", NO_JOB, submit({ video: "upload" }, { upload: HERE }), entersLine({ inputs: { video: arrived("upload") }, waitingFor: [], enqueueCount: 1 })],
  ["new, its upload is to come: waits", NO_JOB, submit({ video: "upload" }, { upload: PENDING }), becomes({})],
  ["new, one of two uploads is to come: waits", NO_JOB, submit({ face: "f", body: "b" }, { f: HERE, b: PENDING }), becomes({ inputs: { face: arrived("f"), body: waiting("b") }, waitingFor: ["b"] })],
  ["new, one upload for two roles: waits for it once", NO_JOB, submit({ face: "f", body: "f" }, { f: PENDING }), becomes({ inputs: { face: waiting("f"), body: waiting("f") }, waitingFor: ["f"] })],
  ["new, an upload isn't there: refused", NO_JOB, submit({ face: "f", body: "b" }, { f: HERE }), refused("upload_unknown", "body")],
  ["new, its upload was rejected: refused", NO_JOB, submit({ video: "upload" }, { upload: REJECTED }), refused("upload_rejected", "video", "It was cut off.")],
  ["new, its upload is of another type: refused", NO_JOB, submit({ video: "upload" }, { upload: here(IMAGE) }), refused("upload_rejected", "video", TYPE)],
  ["new, its upload is too large: refused", NO_JOB, submit({ video: "upload" }, { upload: here({ size: 1_001 }) }), refused("upload_rejected", "video", SIZE)],
  ["new, in an erased space: refused", NO_JOB, submit({ video: "upload" }, { upload: HERE }, true), refused("space_erased")],
  ["new, in an erased space without uploads: refused", NO_JOB, submit({ video: "upload" }, {}, true), refused("space_erased")],
  ["new, by an id that a job has: refused", QUEUED, submit({ video: "upload" }, { upload: HERE }), refused("job_exists")],
  ["any other event of a job that isn't there: refused", NO_JOB, cancel, refused("job_unknown")],
  // input_received, input_rejected, inputs_missing
  ["the last upload arrives: in line", AWAITING, arrives("upload"), entersLine({ inputs: { video: arrived("upload") }, waitingFor: [], enqueueCount: 1 })],
  ["the first of two uploads arrives: waits", AWAITING_TWO, arrives("f"), becomes({ inputs: { face: arrived("f"), body: waiting("b") }, waitingFor: ["b"] })],
  ["an upload for two roles arrives: in line", AWAITING_ONE_TWICE, arrives("f"), entersLine({ inputs: { face: arrived("f"), body: arrived("f") }, waitingFor: [], enqueueCount: 1 })],
  ["an upload of another type arrives: fails", AWAITING, arrives("upload", IMAGE), fails("type_not_accepted", TYPE, { inputs: { video: unusable("upload") } })],
  ["an upload that is too large arrives: fails", AWAITING, arrives("upload", { size: 1_001 }), fails("too_large", SIZE, { inputs: { video: unusable("upload") } })],
  ["an upload fits neither of two roles: fails for the first", AWAITING_MISFITS, arrives("f", { size: 1_001 }), fails("too_large", SIZE, { inputs: { face: unusable("f"), cover: unusable("f") } })],
  ["an upload is rejected: fails with its reason", AWAITING, isRejected("upload"), fails("cut_off", "It was cut off.", { inputs: { video: unusable("upload") } })],
  ["an upload of another job arrives", AWAITING, arrives("other"), stays()],
  ["its upload arrives again", QUEUED, arrives("upload"), stays()],
  ["an upload is rejected after the end", CANCELLED, isRejected("upload"), stays()],
  ["its uploads will not come: fails", AWAITING, willNotCome, fails("upload_missing", MISSING)],
  ["its uploads will not come, but had come", QUEUED, willNotCome, stays()],
  // lease
  ["leased: begins an attempt", QUEUED, lease(), runs(at(60), { attempt: 1 })],
  ["leased after release: continues the attempt", REFUNDED, lease(), runs(at(60), { attempt: 1, attemptRefunded: false, leaseNumber: 2 })],
  ["leased for too long: until the kind's ceiling", QUEUED, lease(500), runs(at(400), { attempt: 1 })],
  ["leased while it backs off: refused", BACKING_OFF, lease(), refused("not_waiting")],
  ["leased before its uploads are there: refused", AWAITING, lease(), refused("not_waiting")],
  ["leased while it runs: refused", RUNNING, lease(), refused("not_waiting")],
  ["leased after the end: refused", CANCELLED, lease(), refused("not_waiting")],
  // renew
  ["renewed: lasts longer", RUNNING, renew(90), becomes({ lease: lent({ until: at(90) }) })],
  ["renewed for less: no shorter than promised", RUNNING, renew(1), becomes({})],
  ["renewed for too long: until the ceiling, from its beginning on", RUNNING, renew(500), becomes({ lease: lent({ until: at(390) }) })],
  ["renewed with progress: the stage stays", RUNNING, renew(1, { progress: 0.7 }), becomes({ progress: { fraction: 0.7, stage: "training" } })],
  ["renewed with a stage: the fraction stays", RUNNING, renew(1, { stage: "export" }), becomes({ progress: { fraction: 0.5, stage: "export" } })],
  ["renewed with no stage any more", RUNNING, renew(1, { stage: null }), becomes({ progress: { fraction: 0.5, stage: null } })],
  ["renewed without known progress: begins at nothing", { ...RUNNING, progress: null }, renew(1), becomes({ progress: { fraction: 0, stage: null } })],
  ["renewed by another lease: lost", RUNNING, renew(90, {}, "other"), LOST],
  ["renewed after it was cancelled: its engine may hear that", CANCELLED, renew(90), stays()],
  ["renewed by another lease after it was cancelled: lost", CANCELLED, renew(90, {}, "other"), LOST],
  ["renewed after the end: lost", SUCCEEDED, renew(90), LOST],
  ["renewed after release: lost", REFUNDED, renew(90), LOST],
  // announce
  ["files announced: kept beside earlier ones", running({ outputs: { a: FILE } }), announce({ b: FILE }), becomes({ lease: lent({ outputs: { a: FILE, b: FILE } }) })],
  ["a file announced again: in place of the earlier one", running({ outputs: { a: FILE } }), announce({ a: { ...FILE, size: 5 } }), becomes({ lease: lent({ outputs: { a: { ...FILE, size: 5 } } }) })],
  ["more names than one lease may announce: refused", running({ outputs: FULL }), announce({ a: FILE }), refused("too_many_outputs")],
  ["the most names announced again: stays as it is", running({ outputs: FULL }), announce(FULL), becomes({ lease: lent({ outputs: FULL }) })],
  ["files announced by another lease: lost", RUNNING, announce({ a: FILE }, "other"), LOST],
  ["files announced after the end: lost", SUCCEEDED, announce({ a: FILE }), LOST],
  // complete
  ["completed: succeeds, with a result", RUNNING, complete(), succeeds(10)],
  ["completed by a clock that is behind: took no time", running({ startedAt: at(5) }), complete(), succeeds(0)],
  ["completed again: no second result", SUCCEEDED, complete(), stays()],
  ["completed by another lease: lost, no result", RUNNING, complete("other"), LOST],
  ["completed by another lease after the end: lost, no result", SUCCEEDED, complete("other"), LOST],
  ["completed by a lease that has ended: lost, no result", { ...QUEUED, ...over("ended") }, complete(), LOST],
  ["completed by a lease that has failed: lost, no result", BACKING_OFF, complete(), LOST],
  ["completed by a lease that was released: lost, no result", REFUNDED, complete(), LOST],
  ["completed after it was cancelled: lost, no result", CANCELLED, complete(), LOST],
  ["completed in an erased space: refused, no result", RUNNING, complete("mine", true), refused("space_erased")],
  ["completed again, the space was erased since", SUCCEEDED, complete("mine", true), stays()],
  ["completed by another lease in an erased space: lost", RUNNING, complete("other", true), LOST],
  // fail
  ["failed: backs off, out of the line", RUNNING, fail(true), backsOff(at(30))],
  ["failed a second time: backs off for twice as long", { ...RUNNING, attempt: 2 }, fail(true), backsOff(at(60))],
  ["failed a third time of five: backs off for the longest time", { ...RUNNING, attempt: 3, maxAttempts: 5 }, fail(true), backsOff(at(100))],
  ["failed for the last time: has failed", { ...RUNNING, attempt: 3 }, fail(true), fails("gpu", "It failed.", over("failed"))],
  ["failed, and no attempt would help: has failed", RUNNING, fail(false), fails("gpu", "It failed.", over("failed"))],
  ["failed, said again after the end", FAILED, fail(false), stays()],
  ["failed, said again while it backs off", BACKING_OFF, fail(true), stays()],
  ["failed by another lease: lost", RUNNING, fail(true, "other"), LOST],
  ["failed after it succeeded: lost", SUCCEEDED, fail(true), LOST],
  // release
  ["released: in line at its place, the attempt refunded", RUNNING, release(), entersLine({ ...over("released"), progress: null, attemptRefunded: true })],
  ["released again", REFUNDED, release(), stays()],
  ["released by another lease: lost", RUNNING, release("other"), LOST],
  ["released after it succeeded: lost", SUCCEEDED, release(), LOST],
  // attempt_refunded
  ["the attempt of a failed lease is refunded: that is all", BACKING_OFF, attemptRefunded(), noted({ attemptRefunded: true })],
  ["the attempt of a lost lease is refunded", jobWith({ attempt: 1, leaseNumber: 1, ...over("ended") }), attemptRefunded(), noted({ attemptRefunded: true })],
  ["refunded again", REFUNDED, attemptRefunded(), stays()],
  ["an earlier lease's attempt is refunded: too late", BACKING_OFF, attemptRefunded(0), stays()],
  ["the attempt of a lease that runs is refunded", RUNNING, attemptRefunded(), stays()],
  ["refunded before it ran", QUEUED, attemptRefunded(0), stays()],
  ["refunded after it failed for good", FAILED, attemptRefunded(1), stays()],
  // lease_ended
  ["the lease ends: in line at its place", running({ until: T }), leaseEnded(), entersLine({ ...over("ended", T), progress: null })],
  ["the last attempt's lease ends: has failed", running({ until: T }, 3), leaseEnded(), fails("engine_lost", ENGINE_LOST, over("ended", T))],
  ["the last attempt's lease ends at the ceiling: has failed", running({ until: T, startedAt: at(-400) }, 3), leaseEnded(), fails("took_too_long", TOO_LONG, over("ended", T))],
  ["its timer goes off early: set again", running({ until: at(1) }), leaseEnded(), stays(leaseTimer(at(1)))],
  ["an earlier lease's timer goes off", { ...running({ until: T }), leaseNumber: 2 }, leaseEnded(), stays()],
  ["the timer of a released lease goes off", REFUNDED, leaseEnded(), stays()],
  // back_off_ended
  ["the back-off ends: in line at its place", BACKING_OFF, backOffEnded(), entersLine()],
  ["its timer goes off early: set again", { ...BACKING_OFF, availableAt: at(1) }, backOffEnded(), stays(entryTimer(at(1)))],
  ["an earlier back-off's timer goes off", { ...BACKING_OFF, enqueueCount: 2 }, backOffEnded(), stays()],
  ["the back-off ends when it is in line already", QUEUED, backOffEnded(), stays()],
  ["the back-off ends after it was cancelled", CANCELLED, backOffEnded(), stays()],
  // cancel
  ["cancelled before its uploads came", AWAITING, cancel, isCancelled()],
  ["cancelled in line", QUEUED, cancel, isCancelled()],
  ["cancelled while it backs off", BACKING_OFF, cancel, isCancelled()],
  ["cancelled while it runs: the lease is over", RUNNING, cancel, isCancelled(over("cancelled"))],
  ["cancelled in line after release: that stays known", REFUNDED, cancel, isCancelled()],
  ["cancelled again", CANCELLED, cancel, stays()],
  ["cancelled after it succeeded: refused", SUCCEEDED, cancel, refused("job_finished")],
  ["cancelled after it failed: refused", FAILED, cancel, refused("job_finished")],
  // retry
  ["retried after failure: in line, as many attempts as a new job", FAILED, retry(), entersLine({ ...CLEAN, maxAttempts: 6 })],
  ["retried after it was cancelled: in line", CANCELLED, retry(), entersLine({ ...CLEAN, maxAttempts: 4 })],
  ["retried: no attempts are taken away", { ...CANCELLED, maxAttempts: 6 }, retry(), entersLine(CLEAN)],
  ["retried: an attempt isn't refunded in addition", { ...CANCELLED, attemptRefunded: true }, retry(), entersLine({ ...CLEAN, attemptRefunded: false, maxAttempts: 4 })],
  ["retried, its upload is still to come: waits", cancelledWith(waiting("upload")), retry({ upload: PENDING }), becomes({ ...CLEAN, state: "awaiting_upload", waitingFor: ["upload"] })],
  ["retried, its upload arrived meanwhile: in line", cancelledWith(waiting("upload")), retry(), entersLine({ ...CLEAN, inputs: { video: arrived("upload") } })],
  ["retried: what had arrived isn't judged again", CANCELLED, retry({ upload: REJECTED }), entersLine({ ...CLEAN, maxAttempts: 4 })],
  ["retried without its upload: refused", CANCELLED, retry({}), refused("upload_unknown", "video")],
  ["retried, its upload was rejected meanwhile: refused", cancelledWith(waiting("upload")), retry({ upload: REJECTED }), refused("upload_rejected", "video", "It was cut off.")],
  ["retried, its upload had been rejected: refused", cancelledWith(unusable("upload")), retry({}), refused("upload_rejected", "video")],
  ["retried in an erased space: refused", FAILED, retry({ upload: HERE }, true), refused("space_erased")],
  ["retried in an erased space without uploads: refused", FAILED, retry({}, true), refused("space_erased")],
  ["retried while it waits for uploads: refused", AWAITING, retry(), refused("job_not_finished")],
  ["retried in line: refused", QUEUED, retry(), refused("job_not_finished")],
  ["retried while it runs: refused", RUNNING, retry(), refused("job_not_finished")],
  ["retried after it succeeded: refused", SUCCEEDED, retry(), refused("job_finished")],
  ["retried by an operator after failure: in line", FAILED, retryFailed, entersLine({ ...CLEAN, maxAttempts: 6 })],
  ["retried by an operator after it was cancelled: refused", CANCELLED, retryFailed, refused("job_cancelled")],
  // notification_sent, creator_erased: people see no difference, so `updatedAt` stays too
  ["the failure was published", FAILED, sent(NOW), becomes({ notificationPending: false, updatedAt: NOW })],
  ["the cancellation was published", CANCELLED, sent(NOW), becomes({ notificationPending: false, updatedAt: NOW })],
  ["the failure was published again", { ...FAILED, notificationPending: false }, sent(NOW), stays()],
  ["an earlier failure was published", FAILED, sent(at(-20)), stays()],
  ["the failure was published, but it was retried since", QUEUED, sent(NOW), stays()],
  ["its creator was erased: replaced", RUNNING, erase("u"), becomes({ createdBy: "erased", updatedAt: NOW })],
  ["its creator was erased after the end: replaced", SUCCEEDED, erase("u"), becomes({ createdBy: "erased", updatedAt: NOW })],
  ["another person was erased", RUNNING, erase("v"), stays()],
];

for (const [title, job, event, expected] of table) {
  test(`${event.type}: ${title}`, () => {
    const before = structuredClone(job);
    assert.deepEqual(transition(job, event, T, RULES), expected(job ?? NEW));
    assert.deepEqual(job, before, "the job itself stays as it was");
  });
}

test("fail: failed, and the kind doesn't back off: in line at once", () => {
  const rules = { ...RULES, backoff: { baseSeconds: 0, maxSeconds: 0 } };
  const expected = entersLine({ ...over("failed"), progress: null })(RUNNING);
  assert.deepEqual(transition(RUNNING, fail(true), T, rules), expected);
});
