import { createHash } from "node:crypto";
import pMap from "p-map";
import type { DomainEvent } from "#shared/events/event.ts";
import { type Clock, plusSeconds } from "#shared/platform/clock.ts";
import { errors, hasCode } from "#shared/platform/errors.ts";
import { base32 } from "#shared/platform/ids.ts";
import type { Logger } from "#shared/platform/log/logger.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import {
  addNotifications,
  claimDue,
  type DeviceKey,
  forgetToken,
  giveBack,
  type Recipient,
  recipientsOf,
  recordNews,
  settle,
} from "./notificationRows.ts";
import type { Push, PushSender } from "./pushSender.ts";
import { quietUntil } from "./quietHours.ts";
import { dataOf, textOf } from "./texts.ts";

export interface NotifyDeps {
  readonly db: Sql;
  readonly sender: PushSender;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Longer than one call may run, so that a claim only runs out when its holder is gone. */
const CLAIM_SECONDS = 150;
/** What couldn't be told for so long isn't news any more. */
const LIFETIME_SECONDS = 2 * 86_400;
const AT_ONCE = 8;

/**
 * Tells every device an event is for, each once: a row per event and device is written first, claimed, sent, and marked. A sender
 * that crashes between sending and marking has its claim run out and the message sent again, which the phone shows in the place of
 * the first one; nothing is left out. Who is in quiet hours is told at their end, when `sweep` delivers the event again.
 * @throws `unavailable` when some devices couldn't be told; the event is then delivered again, for those only
 */
export async function notifyPhones(event: DomainEvent, deps: NotifyDeps): Promise<void> {
  const now = deps.clock();
  if (!(await recordNews(deps.db, event, now))) {
    deps.log.info("news_about_nobody", { eventId: event.id, type: event.type });
    return;
  }
  const recipients = await recipientsOf(deps.db, event);
  await addNotifications(
    deps.db,
    event.id,
    recipients.map((recipient) => ({ ...recipient, dueAt: quietEnd(now, recipient) ?? now })),
  );
  const claimed = await claimDue(deps.db, event.id, { now, until: plusSeconds(now, CLAIM_SECONDS) });
  const failures = await tellAll(event, claimed, recipients, deps);
  if (failures > 0)
    throw errors.unavailable(`${failures} of ${claimed.length} devices couldn't be told of ${event.type}`);
}

async function tellAll(
  event: DomainEvent,
  claimed: readonly DeviceKey[],
  recipients: readonly Recipient[],
  deps: NotifyDeps,
): Promise<number> {
  const byDevice = new Map(recipients.map((recipient) => [nameOf(recipient), recipient]));
  const done = await pMap(claimed, (device) => tell(event, device, byDevice.get(nameOf(device)), deps), {
    concurrency: AT_ONCE,
  });
  return done.filter((ok) => !ok).length;
}

/** @returns false when it has to be tried again */
async function tell(
  event: DomainEvent,
  device: DeviceKey,
  recipient: Recipient | undefined,
  deps: NotifyDeps,
): Promise<boolean> {
  const now = deps.clock();
  const settleAs = (outcome: "sent" | "refused" | "withdrawn") =>
    settle(deps.db, event.id, device, outcome, now);
  // What waited for the end of quiet hours may be for someone who has left the space since.
  if (!recipient || new Date(event.at) < plusSeconds(now, -LIFETIME_SECONDS)) {
    await settleAs("withdrawn");
    return true;
  }
  const quiet = quietEnd(now, recipient);
  if (quiet) {
    await giveBack(deps.db, event.id, device, quiet);
    return true;
  }
  try {
    const outcome = await deps.sender.send(pushFor(event, recipient));
    deps.log.info("device_told", { eventId: event.id, type: event.type, outcome });
    if (outcome !== "dead") {
      await settleAs(outcome);
      return true;
    }
    if (await forgetToken(deps.db, device, recipient.pushToken)) return true;
    await giveBack(deps.db, event.id, device, now); // it has registered a new token meanwhile
    return false;
  } catch (error) {
    if (!hasCode(error, "unavailable")) throw error;
    deps.log.warn("device_not_told", { eventId: event.id, type: event.type, error });
    await giveBack(deps.db, event.id, device, now);
    return false;
  }
}

function pushFor(event: DomainEvent, recipient: Recipient): Push {
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

function nameOf({ userId, deviceId }: DeviceKey): string {
  return JSON.stringify([userId, deviceId]);
}
