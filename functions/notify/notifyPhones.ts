import { createHash } from "node:crypto";
import pMap from "p-map";
import type { Change } from "#shared/changes/change.ts";
import type { RaiseFeeds } from "#shared/changes/raiseFeeds.ts";
import { recordChanges } from "#shared/changes/recordChanges.ts";
import type { DomainEvent, PushedEvent } from "#shared/events/event.ts";
import { type Clock, plusSeconds } from "#shared/platform/clock.ts";
import { errors, hasCode } from "#shared/platform/errors.ts";
import { base32 } from "#shared/platform/ids.ts";
import type { Logger } from "#shared/platform/log/logger.ts";
import { patientSql } from "#shared/platform/sql/patientSql.ts";
import type { Database, Sql } from "#shared/platform/sql/pool.ts";
import {
  addDeliveries,
  claimDeliveries,
  type DeliveryOutcome,
  type DeviceKey,
  endDelivery,
  forgetToken,
  giveBackDelivery,
  type Recipient,
  recipientNow,
  recipientsOf,
  recordNotification,
} from "./notificationRows.ts";
import type { Push, PushSender } from "./pushSender.ts";
import { quietUntil } from "./quietHours.ts";
import { dataOf, textOf } from "./texts.ts";

interface DeliveryDeps {
  readonly db: Sql;
  readonly sender: PushSender;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface NotifyDeps extends DeliveryDeps {
  readonly db: Database;
  readonly raiseFeeds: RaiseFeeds;
}

/** Longer than one call may run, so that a claim only runs out when its holder is gone. */
const CLAIM_SECONDS = 150;
/** A notification that could not be delivered for so long is not sent any more. */
const LIFETIME_SECONDS = 2 * 86_400;
const AT_ONCE = 8;

/**
 * Notifies every device that an event is for, each once: a row per event and device is written first, claimed, sent, and ended. A sender
 * that crashes between sending and ending has its claim run out and the message sent again, which the phone shows in the place of
 * the first one; none is left out. A sender that only loses Postgres keeps its claims and waits for it to come back: a redelivery would find
 * them claimed and do nothing. People in quiet hours are notified at their end, when `sweep` publishes the event again.
 *
 * Right before each sending it is asked again whether the device may have the message: its session is live, and its person is still a
 * member. So a sign-out or an erasure is followed at most by messages whose sending had begun.
 *
 * The end of a job is written to its space's change log with the event itself, so once, however often the event comes.
 * @throws `unavailable` when some devices could not be notified; the event is then delivered again, for those only
 */
export async function notifyPhones(event: DomainEvent, deps: NotifyDeps): Promise<void> {
  const now = deps.clock();
  const { outcome, recorded } = await deps.db.transaction(async (sql) => {
    const outcome = await recordNotification(sql, event, now);
    const changes = outcome === "new" ? changesOf(event) : [];
    return { outcome, recorded: await recordChanges(sql, changes, now) };
  });
  if (outcome === "without_subject") {
    deps.log.info("notification_without_subject", { eventId: event.id, type: event.type });
    return;
  }
  const raised = deps.raiseFeeds(recorded);
  try {
    if (event.type !== "job_cancelled") await notifyDevices(event, now, deps);
  } finally {
    await raised;
  }
}

/** What members see of an event beside what its writer has recorded: the end of a job, which is written in Firestore. */
function changesOf(event: DomainEvent): Change[] {
  if (!("jobId" in event)) return [];
  return [{ spaceId: event.spaceId, type: "job", id: event.jobId, op: "put" }];
}

async function notifyDevices(event: PushedEvent, now: Date, deps: DeliveryDeps): Promise<void> {
  const recipients = await recipientsOf(deps.db, event, now);
  await addDeliveries(
    deps.db,
    event.id,
    recipients.map((recipient) => ({ ...recipient, dueAt: quietEnd(now, recipient) ?? now })),
  );
  const claimed = await claimDeliveries(deps.db, event.id, { now, until: plusSeconds(now, CLAIM_SECONDS) });
  // Each of these statements may run twice: they read, or name the one delivery or token that they change.
  const failures = await deliverAll(event, claimed, { ...deps, db: patientSql(deps.db) });
  if (failures > 0)
    throw errors.unavailable(
      `${failures} of ${claimed.length} devices could not be notified of ${event.type}`,
    );
}

/** @returns how many have to be tried again */
async function deliverAll(
  event: PushedEvent,
  claimed: readonly DeviceKey[],
  deps: DeliveryDeps,
): Promise<number> {
  const done = await pMap(claimed, (device) => deliver(event, device, deps), { concurrency: AT_ONCE });
  return done.filter((ok) => !ok).length;
}

/** @returns false when it has to be tried again */
async function deliver(event: PushedEvent, device: DeviceKey, deps: DeliveryDeps): Promise<boolean> {
  const now = deps.clock();
  const end = (outcome: DeliveryOutcome) => endDelivery(deps.db, event.id, device, outcome, now);
  const recipient = await recipientNow(deps.db, event, now, device);
  if (!recipient || new Date(event.at) < plusSeconds(now, -LIFETIME_SECONDS)) {
    await end("withdrawn");
    return true;
  }
  const quiet = quietEnd(now, recipient);
  if (quiet) {
    await giveBackDelivery(deps.db, event.id, device, quiet);
    return true;
  }
  try {
    const outcome = await deps.sender.send(pushFor(event, recipient));
    deps.log.info("device_notified", { eventId: event.id, type: event.type, outcome });
    if (outcome !== "dead") {
      await end(outcome);
      return true;
    }
    if (await forgetToken(deps.db, device, recipient.pushToken)) return true;
    await giveBackDelivery(deps.db, event.id, device, now); // it has registered a new token meanwhile
    return false;
  } catch (error) {
    if (!hasCode(error, "unavailable")) throw error;
    deps.log.warn("device_not_notified", { eventId: event.id, type: event.type, error });
    await giveBackDelivery(deps.db, event.id, device, now);
    return false;
  }
}

function pushFor(event: PushedEvent, recipient: Recipient): Push {
  return {
    token: recipient.pushToken,
    text: textOf(event, recipient.language),
    data: dataOf(event),
    tag: base32(createHash("sha256").update(event.id).digest()),
  };
}

function quietEnd(now: Date, { timeZone, quietFrom, quietTo }: Recipient): Date | undefined {
  if (quietFrom === null || quietTo === null) return undefined;
  return quietUntil(now, { timeZone, from: quietFrom, to: quietTo });
}
