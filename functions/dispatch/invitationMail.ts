/** The mails that bring a code: to a care recipient in their language, and to a newcomer in both languages. */

import type { Language } from "#shared/platform/language.ts";
import { readableAddress } from "#shared/platform/mail/address.ts";

interface Invitation {
  /** Who asks. A name is people's own words, so it is shown as one and never trusted; `email` is null unless it is verified. */
  readonly giver: { readonly name: string | null; readonly email: string | null };
  readonly code: string;
  readonly expiresAt: Date;
}

export interface InvitationMailInput extends Invitation {
  /** The recipient's. */
  readonly language: Language;
  readonly timeZone: string;
}

export interface WelcomeMailInput extends Invitation {
  /** The giver's: of the newcomer nothing is known. Their language comes first. */
  readonly language: Language;
  readonly timeZone: string;
  /** What the newcomer signs in with. */
  readonly address: string;
}

export interface Content {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** The mail to a care recipient. The code has a line of its own in the text. */
export function invitationMail(input: InvitationMailInput): Content {
  const words = PHRASES[input.language];
  return mailOf(words.subject, [
    {
      language: input.language,
      lines: [
        words.greeting,
        words.asks,
        giverLines(input.giver, words),
        words.read,
        { code: input.code },
        words.until(timeOf(input.expiresAt, input.language, input.timeZone)),
        words.unknown,
      ],
    },
  ]);
}

/**
 * The mail to an address without an account, or whose account has no role yet: what Reverie is, and how to begin. In both languages.
 * A stranger's mail must not carry a giver's advertisement, so a name that holds a link is left out.
 */
export function welcomeMail(input: WelcomeMailInput): Content {
  const languages: Language[] = input.language === "ko" ? ["ko", "en"] : ["en", "ko"];
  const name = /[:/@]|\.\S|www/iu.test(input.giver.name ?? "") ? null : input.giver.name;
  const sections = languages.map((language): Section => {
    const words = PHRASES[language];
    return {
      language,
      lines: [
        words.greeting,
        words.asks,
        giverLines({ ...input.giver, name }, words),
        words.about,
        words.begin(readableAddress(input.address)),
        { code: input.code },
        words.until(timeOf(input.expiresAt, language, input.timeZone)),
        words.again,
        words.unknown,
      ],
    };
  });
  return mailOf(languages.map((language) => PHRASES[language].subject).join(" / "), sections);
}

const PHRASES = {
  en: {
    subject: "Someone would like to care for you on Reverie",
    greeting: "Hello,",
    asks: "Someone would like to care for you on Reverie:",
    name: (name: string) => `Name: ${name}`,
    address: (address: string) => `Address: ${address}`,
    unconfirmed: "not confirmed",
    about: "With the Reverie app, families bring back places and people that one of them remembers.",
    read: "If you know this person and agree, read this code to them:",
    begin: (address: string) => [
      "If you know this person and agree:",
      "1. Get the Reverie app.",
      `2. Sign in with this address: ${address}`,
      "3. Then read this code to them:",
    ],
    until: (time: string) => `The code works once, until ${time}.`,
    again: "Do you need more time? They can ask again, and you will get a new code.",
    unknown:
      "If you don't know this person, delete this mail and don't give the code to anyone. Then nothing happens. Reverie will never ask you for the code.",
  },
  ko: {
    subject: "Reverie에서 돌봄 요청이 도착했습니다",
    greeting: "안녕하세요.",
    asks: "아래 분이 Reverie에서 돌봄 가족이 되고 싶다고 요청했습니다.",
    name: (name: string) => `이름: ${name}`,
    address: (address: string) => `이메일: ${address}`,
    unconfirmed: "확인되지 않음",
    about: "Reverie는 소중한 장소와 사람의 기억을 가족이 함께 되살리는 앱입니다.",
    read: "아는 분이고 동의하신다면 이 코드를 그분께 읽어 주세요.",
    begin: (address: string) => [
      "아는 분이고 동의하신다면 이렇게 시작해 주세요.",
      "1. Reverie 앱을 설치합니다.",
      `2. 이 이메일 주소로 로그인합니다: ${address}`,
      "3. 그다음 이 코드를 그분께 읽어 줍니다.",
    ],
    until: (time: string) => `코드는 한 번만 쓸 수 있으며 ${time}까지 유효합니다.`,
    again: "시간이 더 필요하셨나요? 그분이 다시 요청하면 새 코드를 보내 드립니다.",
    unknown:
      "모르는 분이라면 코드를 아무에게도 알려 주지 말고 이 메일을 지워 주세요. 그러면 아무 일도 일어나지 않습니다. Reverie 직원은 코드를 절대 묻지 않습니다.",
  },
} as const satisfies Record<Language, unknown>;
type Words = (typeof PHRASES)[Language];

/** Name and address, each on a line of its own, so that no name can pass for an address. */
function giverLines({ name, email }: Invitation["giver"], words: Words): string[] {
  const shown = (name ?? "")
    .replace(/[\p{Cc}\p{Cs}\p{Cn}\p{Z}\u202a-\u202e\u2066-\u2069]+/gu, " ")
    .trim()
    .slice(0, 80);
  return [...(shown ? [words.name(shown)] : []), words.address(email ?? words.unconfirmed)];
}

/** With the zone's name, since a newcomer may live in another one than the giver. */
function timeOf(expiresAt: Date, language: Language, timeZone: string): string {
  return new Intl.DateTimeFormat(language, {
    year: "numeric",
    month: "long",
    day: "numeric",
    hour: "numeric",
    minute: "2-digit",
    timeZoneName: "short",
    timeZone,
  }).format(expiresAt);
}

/** One language's part of a mail; several lines in an entry stay together. */
interface Section {
  readonly language: Language;
  readonly lines: readonly (string | readonly string[] | { readonly code: string })[];
}

function mailOf(subject: string, sections: readonly Section[]): Content {
  const text = `${sections.map(textOf).join("\n\n— — —\n\n")}\n\nReverie`;
  return { subject, text, html: htmlOf(subject, sections) };
}

function textOf({ lines }: Section): string {
  return lines
    .map((line) => (typeof line === "string" ? line : "code" in line ? line.code : line.join("\n")))
    .join("\n\n");
}

function htmlOf(subject: string, sections: readonly Section[]): string {
  return `<!doctype html>
<html lang="${sections[0]?.language ?? "en"}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(subject)}</title></head>
<body style="margin:0;padding:24px;background:#f6f4f0;color:#222;font:18px/1.5 system-ui,sans-serif">
${sections.map(sectionHtml).join("\n")}
</body>
</html>
`;
}

function sectionHtml({ language, lines }: Section): string {
  return `<div lang="${language}" style="max-width:520px;margin:0 auto 24px;padding:32px;background:#fff;border-radius:12px">
${lines.map(lineHtml).join("\n")}
</div>`;
}

function lineHtml(line: Section["lines"][number]): string {
  if (typeof line === "string") return `<p style="margin:0 0 16px">${escaped(line)}</p>`;
  if ("code" in line)
    return `<p style="margin:24px 0;text-align:center;font:700 34px/1.2 ui-monospace,monospace;letter-spacing:6px">${escaped(line.code)}</p>`;
  return `<p style="margin:0 0 16px;font-weight:600">${line.map(escaped).join("<br>")}</p>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
