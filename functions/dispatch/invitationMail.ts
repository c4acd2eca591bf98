import type { Language } from "#shared/spaces/person.ts";

export interface InvitationMailInput {
  readonly language: Language;
  /** Who asks. A name is people's own words, so it is shown as one and never trusted; `email` is null unless it is verified. */
  readonly giver: { readonly name: string | null; readonly email: string | null };
  readonly code: string;
  readonly expiresAt: Date;
  /** The recipient's. */
  readonly timeZone: string;
}

export interface Content {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** The mail that brings a code, in the recipient's language. The code has a line of its own in the text. */
export function invitationMail(input: InvitationMailInput): Content {
  const words = PHRASES[input.language];
  const who = giverLines(input.giver, words);
  const until = timeOf(input);
  const text = [
    words.greeting,
    "",
    words.asks,
    "",
    ...who,
    "",
    words.tell,
    "",
    input.code,
    "",
    words.until(until),
    "",
    words.unknown,
    "",
    "Reverie",
  ].join("\n");
  return { subject: words.subject, text, html: htmlOf(input, words, who, until) };
}

const PHRASES = {
  en: {
    subject: "Someone would like to care for you on Reverie",
    greeting: "Hello,",
    asks: "Someone would like to care for you on Reverie:",
    name: (name: string) => `Name: ${name}`,
    address: (address: string) => `Address: ${address}`,
    unconfirmed: "not confirmed",
    tell: "If you know this person and agree, read this code to them:",
    until: (time: string) => `The code works once, until ${time}.`,
    unknown:
      "If you don't know this person, don't give the code to anyone and delete this mail; then nothing happens. Reverie will never ask for it.",
  },
  ko: {
    subject: "Reverie에서 돌봄 요청이 도착했습니다",
    greeting: "안녕하세요.",
    asks: "아래 분이 Reverie에서 회원님의 돌봄 가족이 되고 싶어 합니다.",
    name: (name: string) => `이름: ${name}`,
    address: (address: string) => `이메일: ${address}`,
    unconfirmed: "확인되지 않음",
    tell: "아는 분이고 동의하신다면 이 코드를 그분께 읽어 주세요.",
    until: (time: string) => `코드는 한 번만 쓸 수 있으며 ${time}까지 유효합니다.`,
    unknown:
      "모르는 분이라면 코드를 아무에게도 알려 주지 말고 이 메일을 지워 주세요. 그러면 아무 일도 일어나지 않습니다. Reverie 직원은 코드를 절대 묻지 않습니다.",
  },
} as const satisfies Record<Language, unknown>;

/** Name and address, each on a line of its own, so that no name can pass for an address. */
function giverLines(
  { name, email }: InvitationMailInput["giver"],
  words: (typeof PHRASES)[Language],
): string[] {
  const shown = (name ?? "")
    .replace(/[\p{Cc}\p{Cs}\p{Cn}\p{Z}\u202a-\u202e\u2066-\u2069]+/gu, " ")
    .trim()
    .slice(0, 80);
  return [...(shown ? [words.name(shown)] : []), words.address(email ?? words.unconfirmed)];
}

function timeOf({ language, expiresAt, timeZone }: InvitationMailInput): string {
  return new Intl.DateTimeFormat(language, {
    dateStyle: "long",
    timeStyle: "short",
    timeZone,
  }).format(expiresAt);
}

function htmlOf(
  { language, code }: InvitationMailInput,
  words: (typeof PHRASES)[Language],
  who: readonly string[],
  until: string,
): string {
  const paragraph = (text: string) => `<p style="margin:0 0 16px">${escaped(text)}</p>`;
  return `<!doctype html>
<html lang="${language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(words.subject)}</title></head>
<body style="margin:0;padding:24px;background:#f6f4f0;color:#222;font:18px/1.5 system-ui,sans-serif">
<div style="max-width:520px;margin:0 auto;padding:32px;background:#fff;border-radius:12px">
${paragraph(words.greeting)}
${paragraph(words.asks)}
<p style="margin:0 0 16px;font-weight:600">${who.map(escaped).join("<br>")}</p>
${paragraph(words.tell)}
<p style="margin:24px 0;text-align:center;font:700 34px/1.2 ui-monospace,monospace;letter-spacing:6px">${escaped(code)}</p>
${paragraph(words.until(until))}
<p style="margin:0;color:#666;font-size:15px">${escaped(words.unknown)}</p>
</div>
</body>
</html>
`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
