/**
 * Why a job failed, as a family reads it: on the lock screen, in the app. What happened, and what they can do. Here are the codes of the
 * gateway, of the kit for engines and of the reference engine; an engine may have more.
 */
import { LANGUAGES, type Language } from "../platform/language.ts";

/** Why something can't be used or failed: a code, and a sentence for people, in English. */
export interface Reason {
  readonly code: string;
  readonly message: string;
}

type Sentence = Readonly<Record<Language, string>>;

const ANOTHER_FILE: Sentence = {
  en: "This file can't be used. Please choose another one.",
  ko: "이 파일은 사용할 수 없어요. 다른 파일을 골라 주세요.",
};
const OUR_SIDE: Sentence = {
  en: "Something went wrong on our side. Please try again in the app.",
  ko: "저희 쪽에 문제가 생겼어요. 앱에서 다시 시도해 주세요.",
};
const NOT_FINISHED: Sentence = {
  en: "We could not finish with this file. Please choose another one.",
  ko: "이 파일로는 끝까지 만들지 못했어요. 다른 파일을 골라 주세요.",
};
const TOO_LONG: Sentence = {
  en: "It took too long. A shorter video or a smaller photo may work.",
  ko: "시간이 너무 오래 걸렸어요. 더 짧은 영상이나 더 작은 사진으로 해 보세요.",
};
const NOT_WHOLE: Sentence = {
  en: "The file did not arrive whole. Please send it again.",
  ko: "파일이 끝까지 도착하지 않았어요. 다시 보내 주세요.",
};

const SENTENCES = {
  // What was uploaded.
  upload_missing: {
    en: "The file did not arrive. Please send it again.",
    ko: "파일이 도착하지 않았어요. 다시 보내 주세요.",
  },
  size_mismatch: NOT_WHOLE,
  checksum_mismatch: {
    en: "The file was damaged on its way. Please send it again.",
    ko: "파일이 전송 중에 손상됐어요. 다시 보내 주세요.",
  },
  type_not_accepted: {
    en: "A file of this type can't be used here. Please choose another one.",
    ko: "이 형식의 파일은 여기에 사용할 수 없어요. 다른 파일을 골라 주세요.",
  },
  too_large: {
    en: "The file is too large. Please choose a smaller one.",
    ko: "파일이 너무 커요. 더 작은 파일을 골라 주세요.",
  },
  upload_rejected: ANOTHER_FILE,
  json_unreadable: {
    en: "This file can't be read. Please send it again.",
    ko: "이 파일은 읽을 수 없어요. 다시 보내 주세요.",
  },
  content_not_accepted: {
    en: "What is in this file can't be used here. Please choose another one.",
    ko: "이 파일의 내용은 여기에 사용할 수 없어요. 다른 파일을 골라 주세요.",
  },
  // What is at the URL of an input.
  url_not_public: {
    en: "This link can't be used. Please choose a public one.",
    ko: "이 링크는 사용할 수 없어요. 공개된 링크를 골라 주세요.",
  },
  url_redirects: {
    en: "This link leads on too many times. Please use the final link.",
    ko: "이 링크는 너무 여러 번 다른 곳으로 이어져요. 마지막 링크를 사용해 주세요.",
  },
  url_unreachable: {
    en: "This link does not answer. Please try again later.",
    ko: "이 링크가 응답하지 않아요. 나중에 다시 시도해 주세요.",
  },
  url_without_file: {
    en: "There is no file at this link. Please check the link.",
    ko: "이 링크에는 파일이 없어요. 링크를 확인해 주세요.",
  },
  url_compressed: {
    en: "The file at this link is packed. Please use a link to the file itself.",
    ko: "이 링크의 파일은 압축되어 있어요. 파일 자체의 링크를 사용해 주세요.",
  },
  url_too_slow: {
    en: "This link is too slow. Please try again later, or send the file.",
    ko: "이 링크는 너무 느려요. 나중에 다시 시도하거나 파일을 직접 보내 주세요.",
  },
  url_broke_off: {
    en: "The file at this link broke off. Please try again later.",
    ko: "이 링크의 파일이 도중에 끊겼어요. 나중에 다시 시도해 주세요.",
  },
  // What became of the attempts.
  engine_lost: OUR_SIDE,
  took_too_long: TOO_LONG,
  // What an engine finds.
  video_unreadable: {
    en: "This video can't be opened. Please choose another one.",
    ko: "이 영상은 열 수 없어요. 다른 영상을 골라 주세요.",
  },
  video_truncated: {
    en: "The end of this video is missing. Please send the whole video again.",
    ko: "영상의 끝부분이 빠져 있어요. 영상 전체를 다시 보내 주세요.",
  },
  video_has_no_picture: {
    en: "There is only sound in this file. Please choose a video.",
    ko: "이 파일에는 소리만 있어요. 영상을 골라 주세요.",
  },
  video_too_large: {
    en: "This video is too large. Please choose a smaller or shorter one.",
    ko: "영상이 너무 커요. 더 작거나 짧은 영상을 골라 주세요.",
  },
  video_protected: {
    en: "This video is copy-protected. Please choose one that you filmed.",
    ko: "복사가 금지된 영상이에요. 직접 찍은 영상을 골라 주세요.",
  },
  photo_unreadable: {
    en: "This photo can't be opened. Please choose another one.",
    ko: "이 사진은 열 수 없어요. 다른 사진을 골라 주세요.",
  },
  photo_too_large: {
    en: "This photo is too large. Please choose a smaller one.",
    ko: "사진이 너무 커요. 더 작은 사진을 골라 주세요.",
  },
  samples_rejected: {
    en: "This recording can't be used. Please play again.",
    ko: "이 기록은 사용할 수 없어요. 다시 한 번 해 주세요.",
  },
  params_invalid: {
    en: "The chosen settings don't fit. Please start again in the app.",
    ko: "선택한 설정이 맞지 않아요. 앱에서 처음부터 다시 만들어 주세요.",
  },
  input_missing: {
    en: "A video or photo is missing. Please start again with all of them.",
    ko: "영상이나 사진이 빠져 있어요. 모두 골라서 다시 만들어 주세요.",
  },
  input_unusable: ANOTHER_FILE,
  conversion_stalled: NOT_FINISHED,
  conversion_crashed: NOT_FINISHED,
  conversion_too_slow: TOO_LONG,
  transfer_refused: OUR_SIDE,
  engine_trouble: OUR_SIDE,
} as const satisfies Record<string, Sentence>;

export type FailureCode = keyof typeof SENTENCES;

const SENTENCE_OF: ReadonlyMap<string, Sentence> = new Map(Object.entries(SENTENCES));

/** The codes by which an engine says that an input can't be used, now and later. */
const ABOUT_INPUT: ReadonlySet<string> = new Set<FailureCode>([
  "video_unreadable",
  "video_truncated",
  "video_has_no_picture",
  "video_too_large",
  "video_protected",
  "photo_unreadable",
  "photo_too_large",
  "input_unusable",
  "samples_rejected",
]);

/** Codes whose stored message says where the fault is: that is kept in brackets behind the sentence. */
const WITH_PLACE: ReadonlySet<string> = new Set<FailureCode>(["samples_rejected"]);

/** Whether a code says that an input is to blame. */
export function isAboutInput(code: string): boolean {
  return ABOUT_INPUT.has(code);
}

/** Every code that has a sentence. */
export const FAILURE_CODES: readonly string[] = [...SENTENCE_OF.keys()];

/** A reason of the gateway's own, as it is stored: its message is English. */
export function reasonOf(code: FailureCode): Reason {
  return { code, message: SENTENCES[code][LANGUAGES[0]] };
}

/** A stored reason in a person's language. An engine's own code keeps the engine's own words. */
export function reasonIn(language: Language, { code, message }: Reason): Reason {
  const sentence = SENTENCE_OF.get(code)?.[language];
  if (sentence === undefined) return { code, message };
  return { code, message: WITH_PLACE.has(code) ? `${sentence} (${message})` : sentence };
}

/** The sentence for a code alone; for one that only an engine knows, a sentence that always fits. */
export function failureSentence(code: string, language: Language): string {
  return (SENTENCE_OF.get(code) ?? OUR_SIDE)[language];
}
