/** The look of the stand-ins' pages: one self-contained document, no script, nothing fetched from elsewhere. */
import { html, raw } from "hono/html";

/** What `html` makes: text whose values are escaped already. */
export type Markup = ReturnType<typeof html>;

const style = `
:root { color-scheme: light dark; --ink: #1d2433; --dim: #5d667a; --line: #dfe3ea; --paper: #ffffff; --ground: #f5f6f9; --accent: #2b5fd9; --bad: #b3261e; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e7eaf1; --dim: #9aa4b8; --line: #323a4b; --paper: #1b2130; --ground: #12161f; --accent: #8ab0ff; --bad: #ff9d94; }
}
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.5 system-ui, "Noto Sans KR", "Apple SD Gothic Neo", sans-serif; color: var(--ink); background: var(--ground); }
header { padding: 1rem 1.5rem; border-bottom: 1px solid var(--line); background: var(--paper); }
header h1 { margin: 0; font-size: 1.15rem; font-weight: 600; overflow-wrap: anywhere; }
header p { margin: 0.15rem 0 0; color: var(--dim); font-size: 0.9rem; }
main { max-width: 60rem; margin: 1.5rem auto; padding: 0 1.5rem; }
main.narrow { max-width: 30rem; }
section { background: var(--paper); border: 1px solid var(--line); border-radius: 10px; padding: 1.25rem 1.5rem; margin-bottom: 1.25rem; }
section > :first-child { margin-top: 0; } section > :last-child { margin-bottom: 0; }
h2 { margin: 0 0 0.6rem; font-size: 1rem; }
a { color: var(--accent); }
code, pre { font: 0.88rem/1.5 ui-monospace, "SF Mono", Menlo, monospace; overflow-wrap: anywhere; }
pre { white-space: pre-wrap; margin: 0; }
table { width: 100%; border-collapse: collapse; }
th { text-align: left; color: var(--dim); font-weight: 500; font-size: 0.85rem; }
th, td { padding: 0.5rem 0.75rem 0.5rem 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
tr:last-child td { border-bottom: 0; }
td.when { white-space: nowrap; color: var(--dim); font-variant-numeric: tabular-nums; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.35rem 1rem; margin: 0; }
dt { color: var(--dim); } dd { margin: 0; overflow-wrap: anywhere; }
label { display: block; margin: 0 0 1rem; font-weight: 500; }
label.check { display: flex; gap: 0.6rem; align-items: center; font-weight: 400; }
input:not([type=checkbox]) { display: block; width: 100%; margin-top: 0.3rem; padding: 0.55rem 0.7rem; font: inherit; color: inherit; background: var(--ground); border: 1px solid var(--line); border-radius: 7px; }
input[type=checkbox] { width: 1.1rem; height: 1.1rem; }
input:focus-visible, button:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
button { font: inherit; font-weight: 500; padding: 0.5rem 1.1rem; border-radius: 7px; border: 1px solid var(--line); background: var(--paper); color: var(--ink); cursor: pointer; }
button.main { background: #2b5fd9; border-color: #2b5fd9; color: #ffffff; }
.row { display: flex; gap: 0.6rem; align-items: center; flex-wrap: wrap; }
.bad { color: var(--bad); } .dim { color: var(--dim); }
iframe { width: 100%; height: 26rem; border: 1px solid var(--line); border-radius: 7px; background: #ffffff; }
`;

export interface PageParts {
  readonly title: string;
  /** One sentence under the title. */
  readonly about: string;
  readonly body: Markup;
  /** For a page that is a form. */
  readonly narrow?: boolean;
}

/** A whole HTML document. */
export function page({ title, about, body, narrow }: PageParts): Markup {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${raw(style)}</style>
</head>
<body>
<header><h1>${title}</h1><p>${about}</p></header>
<main${raw(narrow === true ? ' class="narrow"' : "")}>${body}</main>
</body>
</html>`;
}

/**
 * Headers of every page: what it shows came from outside, so it may run no script and load nothing. There is no `form-action`,
 * because browsers apply it to the redirect that follows a sign-in form too.
 */
export const pageHeaders: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self'; base-uri 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
};

/** An ISO 8601 time for people's eyes: to the second, in UTC. */
export function whenText(iso: string): string {
  return `${iso.slice(0, 19).replace("T", " ")} UTC`;
}
