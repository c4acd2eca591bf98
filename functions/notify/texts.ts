/** What a push message says. Anyone who holds the phone sees it on the lock screen, so it contains nothing about a person but a job's title. */
import type { PushedEvent } from "#shared/events/event.ts";
import { failureSentence } from "#shared/kinds/failures.ts";
import type { Language } from "#shared/platform/language.ts";

export interface Text {
  readonly title: string;
  readonly body: string;
}

/** Of a job's title; a message has room for 4,096 bytes in all, and one character of some scripts takes many. */
const TITLE_CHARACTERS = 100;
const TITLE_BYTES = 2_600;

export function textOf(event: PushedEvent, language: Language): Text {
  switch (event.type) {
    case "job_succeeded":
      if (event.kind === "session") return measured(event.title, language);
      return language === "ko"
        ? { title: "새로운 추억이 준비됐어요", body: `‘${short(event.title)}’ 추억을 이제 볼 수 있어요.` }
        : { title: "A memory is ready", body: `You can visit “${short(event.title)}” now.` };
    case "job_failed":
      return language === "ko"
        ? {
            title: "추억을 만들지 못했어요",
            body: `‘${short(event.title)}’: ${failureSentence(event.code, language)}`,
          }
        : {
            title: "A memory could not be made",
            body: `“${short(event.title)}”: ${failureSentence(event.code, language)}`,
          };
    case "invited":
      return language === "ko"
        ? { title: "돌봄 그룹에 초대받았어요", body: "메일로 받은 코드를 돌봐 주실 분께 읽어 주세요." }
        : {
            title: "You are invited to a care group",
            body: "We mailed you a code. Read it to the person who wants to care for you.",
          };
    case "best_beaten":
      return language === "ko"
        ? { title: "최고 기록을 새로 세웠어요", body: "앱에서 함께 축하해 주세요." }
        : { title: "A best score was beaten", body: "Open the app to celebrate together." };
    case "badge_earned":
      return language === "ko"
        ? { title: "오늘의 배지를 받았어요", body: "앱에서 함께 축하해 주세요." }
        : { title: "Today's badge was earned", body: "Open the app to celebrate together." };
  }
}

/** A session of a game is no memory that one can visit. */
function measured(title: string, language: Language): Text {
  return language === "ko"
    ? { title: "운동 기록이 준비됐어요", body: `‘${short(title)}’ 기록을 이제 볼 수 있어요.` }
    : { title: "A game is measured", body: `You can see how “${short(title)}” went now.` };
}

/** What the app needs to open the right page: ids only, and strings only, as FCM asks. */
export function dataOf(event: PushedEvent): Record<string, string> {
  const ids = { type: event.type, eventId: event.id };
  switch (event.type) {
    case "job_succeeded":
      return { ...ids, jobId: event.jobId, kind: event.kind, resourceId: event.resourceId };
    case "job_failed":
      return { ...ids, jobId: event.jobId, kind: event.kind, code: event.code };
    case "invited":
      return ids;
    case "best_beaten":
      return { ...ids, resourceId: event.resourceId };
    case "badge_earned":
      return { ...ids, badge: event.badge };
  }
}

function short(title: string): string {
  let kept = "";
  let count = 0;
  for (const { segment } of new Intl.Segmenter().segment(title)) {
    const whole = kept.length + segment.length === title.length;
    const fits = Buffer.byteLength(kept) + Buffer.byteLength(segment) <= TITLE_BYTES;
    if (!fits || count >= (whole ? TITLE_CHARACTERS : TITLE_CHARACTERS - 1)) return `${kept}…`;
    kept += segment;
    count += 1;
  }
  return kept;
}
