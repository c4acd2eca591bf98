/** Chromium without a window, as a person's browser: an empty profile for each. */
import { existsSync, mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { DRAWING_FLAGS } from "./drawing.ts";

/** Where systems put it; `CHROMIUM` names another place. */
const PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

const FLAGS = [
  "--no-sandbox",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const CAMERA_FLAGS = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"];

const found = [process.env.CHROMIUM, ...PLACES].find((path) => path !== undefined && existsSync(path));

/** For a test's `skip`: false, or why tests of the console can't run here. */
export const withoutBrowser =
  found === undefined
    ? "no Chromium was found, so the console was NOT tested: install it (Debian: chromium), or name it in CHROMIUM"
    : false;
if (withoutBrowser !== false) console.error(withoutBrowser);

export interface Browser {
  readonly context: BrowserContext;
  /** What went wrong in its pages: errors of scripts, and what the Content Security Policy refused. */
  readonly faults: string[];
  open(path: string): Promise<Page>;
  close(): Promise<void>;
}

export interface BrowserOptions {
  readonly locale?: string;
  readonly colorScheme?: "light" | "dark";
  readonly viewport?: { readonly width: number; readonly height: number };
  /** Draws WebGL, which without a graphics card takes much of the processor. */
  readonly draws?: boolean;
  /** Has a camera, which films a test picture, and allows it without asking. */
  readonly camera?: boolean;
  /** Runs in each page before its own scripts. */
  readonly script?: string;
}

/** @param origin the console's */
export async function openBrowser(origin: string, options: BrowserOptions = {}): Promise<Browser> {
  if (found === undefined) throw new Error(String(withoutBrowser));
  const profile = mkdtempSync(join(tmpdir(), "reverie-browser-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: found,
    headless: true,
    args: [
      ...FLAGS,
      ...(options.draws ? DRAWING_FLAGS : ["--disable-gpu"]),
      ...(options.camera ? CAMERA_FLAGS : []),
    ],
    baseURL: origin,
    locale: options.locale ?? "en-US",
    colorScheme: options.colorScheme ?? "light",
    viewport: options.viewport ?? { width: 1280, height: 860 },
    timezoneId: "Asia/Seoul",
    reducedMotion: "reduce",
  });
  if (options.script !== undefined) await context.addInitScript(options.script);
  // Other work may have the machine at the same time.
  context.setDefaultTimeout(60_000);
  context.setDefaultNavigationTimeout(60_000);
  const faults: string[] = [];
  const watch = (page: Page) => {
    page.on("pageerror", (error) => faults.push(`${page.url()}: ${error.stack ?? error.message}`));
    page.on("console", (message) => {
      if (/content security policy/i.test(message.text())) faults.push(`${page.url()}: ${message.text()}`);
    });
  };
  context.pages().forEach(watch);
  context.on("page", watch);
  return {
    context,
    faults,
    async open(path) {
      const page = await context.newPage();
      await page.goto(path);
      return page;
    },
    async close() {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}

/** Signs in on Google's page, which the local identity page plays, and comes back. */
export async function signIn(
  page: Page,
  person: { readonly email: string; readonly name: string },
): Promise<void> {
  const { origin } = new URL(page.url());
  await page.getByRole("button", { name: /Google/ }).click();
  await page.locator("input[name=email]").fill(person.email);
  await page.locator("input[name=name]").fill(person.name);
  await page
    .getByRole("button", { name: /sign in|continue/i })
    .first()
    .click();
  await page.waitForURL((url) => url.origin === origin && url.pathname !== "/signed-in");
  await page.getByRole("heading", { level: 1 }).waitFor();
}

/** Signs each person in, in their own browser, which no page stays open in. */
export async function signInAll(
  people: readonly (readonly [browser: Browser, person: { readonly email: string; readonly name: string }])[],
): Promise<void> {
  for (const [browser, person] of people) {
    const page = await browser.open("/family");
    await signIn(page, person);
    await page.close();
  }
}
