/**
 * `npm run screenshots`: pictures of the console for docs/console/, on a local cloud that runs with its engine.
 *
 *   npm start                    in another terminal
 *   npm run screenshots          or with REVERIE_ENDPOINTS naming another cloud's endpoints.json
 */
import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { mailedCode, Phone } from "#local/demo/phone/phone.ts";
import { makeDemoVideo } from "#local/demo/video.ts";
import { endpoints } from "../../cloud.ts";
import { eventually } from "../../tools.ts";
import { type Browser, openBrowser, signIn, withoutBrowser } from "../browser.ts";

process.env.REVERIE_ENDPOINTS ??= ".local/endpoints.json";
const FOLDER = fileURLToPath(new URL("../../../../docs/console", import.meta.url));
const TITLE = "Grandmother's garden";
const PHONE = { width: 390, height: 800 };

if (withoutBrowser !== false) process.exit(1);
mkdirSync(FOLDER, { recursive: true });
const cloud = endpoints();
const run = randomBytes(3).toString("hex");
const mina = { email: `mina.${run}@example.com`, name: "Mina" };
const oma = { email: `oma.${run}@example.com`, name: "Oma" };
await makeFamily();
const giver = await openBrowser(cloud.api);
const recipient = await openBrowser(cloud.api, { viewport: PHONE });
try {
  await ofGiver(giver);
  await ofRecipient(recipient);
} finally {
  await Promise.all([giver.close(), recipient.close()]);
}

/** Two people with one place. */
async function makeFamily(): Promise<void> {
  const [one, two] = await Promise.all([Phone.signIn(cloud, mina), Phone.signIn(cloud, oma)]);
  await Promise.all([one.enrol("care_giver"), two.enrol("care_recipient", { timeZone: "Asia/Seoul" })]);
  const invitation = await one.invite(two.email);
  await one.confirm(invitation, await mailedCode(cloud.mail, two.email));
  const video = join(dirname(process.env.REVERIE_ENDPOINTS ?? ""), "screenshots.mp4");
  await makeDemoVideo(video, { seconds: 4 });
  const upload = await one.upload(video, "video/mp4");
  const job = await one.submit({
    kind: "scene",
    title: TITLE,
    params: { location: "outdoor" },
    inputs: { video: upload },
  });
  await eventually(
    "the place is ready",
    async () => (await one.job(job.id)).state === "succeeded",
    300_000,
    1000,
  );
}

async function ofGiver(browser: Browser): Promise<void> {
  const page = await browser.open("/");
  await loaded(page);
  await picture(page, "welcome");
  await signIn(page, mina);
  await loaded(page);
  await picture(page, "home");
  await page.goto("/library");
  await page.getByRole("article", { name: TITLE }).waitFor();
  await loaded(page);
  await picture(page, "library");
  await page.goto("/send");
  await loaded(page);
  await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
  await picture(page, "send-dark");
  await page.goto("/line");
  await page.getByRole("link", { name: "Step in" }).waitFor();
  await picture(page, "line-dark");
}

async function ofRecipient(browser: Browser): Promise<void> {
  const page = await browser.open("/");
  await signIn(page, oma);
  await page.getByRole("heading", { level: 2, name: TITLE }).waitFor();
  await loaded(page);
  await picture(page, "recipient");
  await page.goto("/visited");
  await page.getByText(/star/).first().waitFor();
  await picture(page, "star");
  await page.goto("/days");
  await loaded(page);
  await picture(page, "days");
}

/** The page and its pictures are loaded. */
async function loaded(page: Page): Promise<void> {
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.locator(".waiting").first().waitFor({ state: "detached" });
  // A page that listens is never without a request.
  await page.waitForFunction("[...document.images].every(({ complete }) => complete)");
}

async function picture(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(FOLDER, `${name}.jpg`), type: "jpeg", quality: 88 });
  console.log(`docs/console/${name}.jpg`);
}
