/** Finds references in comments and pages that lead nowhere: paths, links, names, decisions, sections, tests, commands. */
import { existsSync, globSync } from "node:fs";
import { basename, join, posix } from "node:path";
import { ROOT } from "../build/functions.ts";
import { codeOf, proseOf, type Text, TOP_FOLDERS } from "./texts.ts";

/** A path from the root, with braces, stars and `<placeholders>`, and an anchor after a page; not a part of a longer path or address. */
const ROOT_PATH = new RegExp(
  `(?<![\\w./#@:-])#?((?:${TOP_FOLDERS.join("|")})/(?:[\\w.*/-]|\\{[\\w,.*-]+\\}|<\\w+>)*)(#[\\w-]+)?`,
  "g",
);
/** A file's name, or a relative path, without a top folder before it. */
const FILE_NAME =
  /(?<![\w./*}>-])(?:\.{1,2}\/)*(?:[\w-]+\/)*[\w-][\w.-]*\.(?:ts|sql|md|rules|py)\b(?![\w/(-])/g;
/** A name in backticks that only code can have: with a capital after a small letter, or an underscore inside. */
const CODE_NAME = /`([A-Za-z]\w*?(?:[a-z\d][A-Z]|[A-Za-z\d]_[A-Za-z\d])\w*)(?:\(\))?`/g;
const MARKDOWN_LINK = /\[([^\]]*)\]\(([^()\s]+)\)/g;
const DECISION = /\bdecisions? (\d{4})\b/g;
/** Pages of a workplace, which readers of the repository don't have. */
const OUTSIDE_PAGE = /\b(?:DESIGN|HOUSE|STYLE)\b(?!_)/g;
/** Names of the APIs of Google and Firebase that our code doesn't call by them. */
const NAMES_OF_OTHERS = new Set(["allUsers", "signJwt", "trigger_multicast"]);
const SECTION = /\bsections? (?:["“]([^"”]+)["”]|(\d[\d.]*))/gi;
/** What numbered sections may belong to. */
const STANDARD = /\b(?:RFC \d+|ASVS|FIPS \d+|SP 800-\d+|glTF|OpenID|ISO \d+)/;
/** A test file and titles of tests that are in it, as in `references.test.ts`: "one title", "another". */
const TITLES = /`([\w/.-]+\.test\.ts)`:((?:,? "[^"]+")+)/g;
/** A route of the API, perhaps with its method; in commands the address before it is a variable. */
const ROUTE = /(?:\b(GET|POST|PUT|PATCH|DELETE) )?(?:(?<![\w.:/}])|(?<=\$API))(\/v1\/[\w/{}$.*<>-]*[\w}>*])/g;
const COMMAND = /\bnpm (?:run ([\w:-]+)|(start|test)\b)/g;
/** What `npm test` is to run: folders and files, in a command in backticks. */
const TESTED = /`npm test -- ([^`]+)`/g;

/** What references are compared with; tests plant their own. */
export interface Repository {
  /** Whether something is at a path from the root; `*` and braces as in a shell. */
  exists(pattern: string): boolean;
  /** The paths from the root that a pattern matches. */
  find(pattern: string): readonly string[];
  /** Anchors of a page's headings, as GitHub makes them; empty when the page isn't there. */
  anchors(page: string): ReadonlySet<string>;
  /** Headings of the pages in docs/. */
  readonly headings: ReadonlySet<string>;
  /** Names of package.json's scripts. */
  readonly scripts: ReadonlySet<string>;
  /** The API's operations, as `POST /v1/jobs/{id}/cancel`, and its static files. */
  readonly operations: readonly string[];
  /** Names that occur in code. */
  readonly names: ReadonlySet<string>;
  /** The text of a file of the project. */
  textOf(path: string): string | undefined;
  /** File names that every function's folder may have: a page may name them without a folder. */
  readonly conventions: ReadonlySet<string>;
}

/** A sentence for each reference of a text that leads nowhere. */
export function referenceProblems(file: Text, repository: Repository): string[] {
  const prose = proseOf(file);
  const problems = [
    ...pathProblems(file.path, prose, repository),
    ...nameProblems(file.path, prose, repository),
    ...pageProblems(prose, file.text, repository),
    ...commandProblems(prose, repository),
    ...linkProblems(file.path, prose, repository),
    ...titleProblems(file.path, prose, repository),
    ...routeProblems(file.path, prose, repository),
  ];
  return [...new Set(problems)].map((problem) => `${file.path}: ${problem}`);
}

function pathProblems(path: string, prose: string, { exists, anchors }: Repository): string[] {
  return [...prose.matchAll(ROOT_PATH)].flatMap(([, found = "", anchor]) => {
    const target = found.replace(/[.,-]+$/, "").replaceAll(/<\w+>/g, "*");
    if (!exists(target) && !exists(posix.join(posix.dirname(path), target)))
      return [`${found} doesn't exist`];
    const names = anchor !== undefined && target.endsWith(".md");
    return names && !anchors(target).has(anchor.slice(1)) ? [`${target} has no heading for ${anchor}`] : [];
  });
}

function nameProblems(path: string, prose: string, repository: Repository): string[] {
  if (path.endsWith(".json")) return [];
  const rest = prose
    .replaceAll(ROOT_PATH, "")
    .replaceAll(MARKDOWN_LINK, (_, text: string, target: string) =>
      `/${target}`.endsWith(`/${text}`) ? "" : text,
    );
  const files = [...rest.matchAll(FILE_NAME)]
    .filter(([name]) => !findsFile(path, name, repository))
    .map(([name]) => `${name} is neither beside the file nor at the root`);
  const names = [...prose.matchAll(CODE_NAME)]
    .filter(([, name = ""]) => !repository.names.has(name) && !NAMES_OF_OTHERS.has(name))
    .map(([, name = ""]) => `${name} is no name of the code`);
  return [...files, ...names];
}

/** Beside the file, at the root, a file that functions have by convention, or, for a page in docs/, a test by its area. */
function findsFile(path: string, name: string, { exists, conventions }: Repository): boolean {
  if (conventions.has(name) || exists(posix.join(posix.dirname(path), name)) || exists(name)) return true;
  return path.startsWith("docs/") && name.endsWith(".test.ts") && exists(`tests/*/${name}`);
}

function pageProblems(prose: string, text: string, { exists, headings }: Repository): string[] {
  const problems: string[] = [];
  for (const [, number] of prose.matchAll(DECISION))
    if (!exists(`docs/decisions/${number}-*.md`)) problems.push(`decision ${number} isn't in docs/decisions`);
  for (const [page] of prose.matchAll(OUTSIDE_PAGE)) problems.push(`${page} is no page of this repository`);
  for (const [whole, title, number] of prose.matchAll(SECTION)) {
    if (title !== undefined && !headings.has(title))
      problems.push(`${whole} is no heading of a page in docs/`);
    if (number !== undefined && !STANDARD.test(text)) problems.push(`${whole} doesn't say of what`);
  }
  return problems;
}

function commandProblems(prose: string, { scripts, find }: Repository): string[] {
  const unknown = [...prose.matchAll(COMMAND)]
    .map((match) => match[1] ?? match[2] ?? "")
    .filter((name) => !scripts.has(name))
    .map((name) => `package.json has no script ${name}`);
  const untested = [...prose.matchAll(TESTED)]
    .flatMap(([, paths = ""]) => paths.split(" "))
    // `FILE` and options stand for themselves.
    .filter((path) => path.includes("/") && !path.endsWith(".test.ts"))
    .filter((folder) => find(`${folder}/**/*.test.ts`).length === 0)
    .map((folder) => `${folder} has no tests to run`);
  return [...unknown, ...untested];
}

function linkProblems(path: string, prose: string, { exists, anchors }: Repository): string[] {
  if (!path.endsWith(".md")) return [];
  return [...withoutFences(prose).matchAll(MARKDOWN_LINK)].flatMap(([, , target = ""]) => {
    if (/^[a-z]+:/.test(target)) return [];
    const [file = "", anchor] = target.split("#");
    const page = file === "" ? path : posix.join(posix.dirname(path), file);
    if (!exists(page)) return [`the link to ${target} leads nowhere`];
    const names = anchor !== undefined && page.endsWith(".md");
    return names && !anchors(page).has(anchor) ? [`the link to ${target} names no heading`] : [];
  });
}

function titleProblems(path: string, prose: string, { find, textOf }: Repository): string[] {
  if (!path.startsWith("docs/")) return [];
  return [...prose.matchAll(TITLES)].flatMap(([, name = "", titles = ""]) => {
    const text = [name, ...find(`tests/*/${name}`)]
      .map((file) => textOf(file))
      .find((found) => found !== undefined);
    return [...titles.matchAll(/"([^"]+)"/g)]
      .filter(([, title = ""]) => !text?.includes(title))
      .map(([title]) => `${name} has no test ${title}`);
  });
}

function routeProblems(path: string, prose: string, { operations }: Repository): string[] {
  // The stand-ins' pages name routes of Google's.
  if (path.endsWith(".json") || path.startsWith("local/standins/")) return [];
  return [...prose.matchAll(ROUTE)]
    .filter(([, , route = ""]) => !route.includes("*"))
    .filter(([, method, route = ""]) => !operations.some((operation) => isRoute(operation, method, route)))
    .map(([found]) => `the API has no route ${found}`);
}

/** Whether a route as people write it, with any text in the place of a parameter, is this operation's. */
function isRoute(operation: string, method: string | undefined, route: string): boolean {
  const [ownMethod, ownRoute = ""] = operation.split(" ");
  const pattern = ownRoute.replaceAll(".", "\\.").replaceAll(/\{\w+\}/g, "[^/]+");
  return (method === undefined || method === ownMethod) && new RegExp(`^${pattern}$`).test(route);
}

/**
 * The repository as it stands.
 * @param operations of the API, as `GET /v1/jobs`
 */
export function thisRepository(texts: readonly Text[], operations: readonly string[]): Repository {
  const all = new Map(texts.map(({ path, text }) => [path, text]));
  const pages = texts.filter(({ path }) => path.startsWith("docs/") && path.endsWith(".md"));
  const code = texts.filter(({ path }) => !path.endsWith(".md"));
  const inFunctions = Map.groupBy(globSync("functions/*/*.ts", { cwd: ROOT }), (path) => basename(path));
  const find = (pattern: string) => globSync(pattern, { cwd: ROOT });
  return {
    exists: (pattern) => (/[*{]/.test(pattern) ? find(pattern).length > 0 : existsSync(join(ROOT, pattern))),
    find,
    operations,
    anchors: (page) => new Set(headingsOf(all.get(page) ?? "").map(anchorOf)),
    headings: new Set(pages.flatMap(({ text }) => headingsOf(text))),
    scripts: new Set(Object.keys(JSON.parse(all.get("package.json") ?? "{}").scripts)),
    names: new Set(code.flatMap((file) => codeOf(file).match(/[A-Za-z_]\w*/g) ?? [])),
    textOf: (path) => all.get(path),
    conventions: new Set([...inFunctions].filter(([, paths]) => paths.length > 2).map(([name]) => name)),
  };
}

/** Titles of a page's headings, of every level. */
export function headingsOf(page: string): string[] {
  return [...withoutFences(page).matchAll(/^#{1,6} (.+)$/gm)].map((match) => match[1] ?? "");
}

/** The anchor that GitHub gives a heading: lower case, blanks as hyphens, of punctuation only hyphens and underscores. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
}

function withoutFences(page: string): string {
  return page.replaceAll(/^```[\s\S]*?^```/gm, "");
}
