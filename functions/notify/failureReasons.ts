/** Why a job failed, as a family reads it on the lock screen: what is wrong, and what helps. */
import type { Language } from "#shared/spaces/person.ts";

type Sentence = Readonly<Record<Language, string>>;

const AGAIN: Sentence = {
  en: "Please try again in the app.",
  ko: "앱에서 다시 시도해 주세요.",
};
const ANOTHER_FILE: Sentence = {
  en: "This file can't be used. Please choose another one.",
  ko: "이 파일은 사용할 수 없어요. 다른 파일을 골라 주세요.",
};
const TOO_LARGE: Sentence = {
  en: "The file is too large. Please choose a smaller one.",
  ko: "파일이 너무 커요. 더 작은 파일을 골라 주세요.",
};
const SEND_AGAIN: Sentence = {
  en: "The file did not arrive whole. Please send it again.",
  ko: "파일이 끝까지 오지 않았어요. 다시 보내 주세요.",
};
const SHORTER: Sentence = {
  en: "It took too long. A shorter video may work.",
  ko: "시간이 너무 오래 걸렸어요. 더 짧은 영상으로 해 보세요.",
};

/** By the code of the job's error: the gateway's own and the reference engine's. */
const REASONS: ReadonlyMap<string, Sentence> = new Map([
  ["upload_missing", SEND_AGAIN],
  ["size_mismatch", SEND_AGAIN],
  ["checksum_mismatch", SEND_AGAIN],
  ["video_truncated", SEND_AGAIN],
  ["type_not_accepted", ANOTHER_FILE],
  ["video_unreadable", ANOTHER_FILE],
  ["photo_unreadable", ANOTHER_FILE],
  ["conversion_crashed", ANOTHER_FILE],
  ["too_large", TOO_LARGE],
  ["video_too_large", TOO_LARGE],
  ["photo_too_large", TOO_LARGE],
  ["took_too_long", SHORTER],
  ["conversion_too_slow", SHORTER],
  [
    "video_has_no_picture",
    {
      en: "There is only sound in this file. Please choose a video.",
      ko: "이 파일에는 소리만 있어요. 영상을 골라 주세요.",
    },
  ],
  [
    "video_protected",
    {
      en: "This video is copy-protected. Please choose one that you filmed.",
      ko: "복사가 금지된 영상이에요. 직접 찍은 영상을 골라 주세요.",
    },
  ],
]);

/** The sentence for a code; one that always fits for a code of another engine. */
export function failureReason(code: string, language: Language): string {
  return (REASONS.get(code) ?? AGAIN)[language];
}
