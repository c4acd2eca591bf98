/** Every page of the console: what axe finds in it, how wide it is, and the way through it by keyboard. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, test } from "node:test";
import type { Page } from "playwright-core";
import { type RouteName, routes } from "#console/nav/routes.ts";
import { endpoints } from "../cloud.ts";
import { faultsOfPage } from "./axe.ts";
import { type Browser, openBrowser, signInAll, withoutBrowser } from "./browser.ts";
import { figureGlb } from "./modelFiles.ts";
import { addSamples } from "./samples.ts";
import { look, makeFamily, newPeople, realFaults, waitingJob, walkTo } from "./world.ts";

const cloud = endpoints();
const { mina, oma } = newPeople();
const run = randomBytes(4).toString("hex");
const TITLE = `A figure ${run}`;

/** The addresses of each page that a giver sees; a page that is missing here is an error of types. */
type Addresses = Readonly<Record<RouteName, readonly string[]>>;

describe("all pages", { skip: withoutBrowser }, () => {
  let giver: Browser;
  let recipient: Browser;
  let addresses: Addresses;

  before(async () => {
    const sample = (kind: "scene" | "avatar", title: string, bytes: Uint8Array) => ({
      name: `${kind}-${run}`,
      title,
      kind,
      model: "model.glb",
      files: new Map([["model.glb", bytes]]),
    });
    [giver, recipient] = await Promise.all([
      openBrowser(cloud.api),
      openBrowser(cloud.api, { locale: "ko-KR", viewport: { width: 360, height: 740 } }),
    ]);
    const [family, ids] = await Promise.all([
      makeFamily(cloud, { mina, oma }),
      addSamples(cloud, [
        sample("scene", `A place ${run}`, await figureGlb()),
        sample("avatar", TITLE, await figureGlb()),
      ]),
    ]);
    await waitingJob(family.giver, "In line");
    const [scene = "", avatar = ""] = ["scene", "avatar"].map((kind) => ids.get(`${kind}-${run}`) ?? "");
    const transform = { position: [0, 0, 0], rotation: [0, 0, 0, 1], scale: [1, 1, 1] };
    const video = await family.giver.call("POST", "/v1/vr-videos", {
      body: {
        title: "A visit",
        scene: { resourceId: scene, transform },
        avatars: [{ resourceId: avatar, transform }],
      },
    });
    addresses = {
      home: ["/"],
      signedIn: ["/signed-in"],
      family: ["/family"],
      account: ["/account"],
      send: ["/send"],
      line: ["/line"],
      library: ["/library"],
      look: [`/look/${avatar}`],
      videos: ["/videos"],
      newVideo: ["/videos/new", `/videos/new?scene=${scene}`],
      video: [`/videos/${String(video?.id)}`],
      editVideo: [`/videos/${String(video?.id)}/edit`],
      visited: ["/visited"],
      days: ["/days"],
      progress: ["/progress"],
    };
    await signInAll([
      [giver, mina],
      [recipient, oma],
    ]);
  });
  after(() => Promise.all([giver?.close(), recipient?.close()]));

  /** Also an address that leads nowhere. A giver has no badge to earn. */
  const giverPages = () => [
    ...Object.values(addresses)
      .flat()
      .filter((path) => path !== "/visited"),
    "/nothing-here",
  ];
  const recipientPages = ["/", "/family", "/account", "/days", "/visited", "/library"];

  test("the walk knows every page of the table", () => {
    assert.deepEqual(Object.keys(addresses).sort(), Object.keys(routes).sort());
    const walked = new Set([...giverPages(), ...recipientPages]);
    for (const [name, paths] of Object.entries(addresses))
      assert.ok(paths.length > 0 && paths.every((path) => walked.has(path)), name);
  });

  for (const [language, colorScheme] of [
    ["en", "light"],
    ["ko", "dark"],
  ] as const) {
    test(`axe finds nothing on any page in ${language}, ${colorScheme}`, async () => {
      for (const [browser, paths] of [
        [giver, giverPages()],
        [recipient, recipientPages],
      ] as const) {
        const page = await browser.context.newPage();
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        await page.addInitScript(`localStorage.setItem("reverie-language", "${language}")`);
        await look(page, "/");
        for (const path of paths) {
          await walkTo(page, path);
          assert.deepEqual(await faultsOfPage(page), [], `${path} in ${language}, ${colorScheme}`);
        }
        await page.evaluate("localStorage.removeItem('reverie-language')");
        await page.close();
      }
    });
  }

  test("nothing is wider than a page of 360 px, with very large text too", async () => {
    for (const size of ["normal", "larger"]) {
      const page = await giver.context.newPage();
      await page.addInitScript(`localStorage.setItem("reverie-text-size", "${size}")`);
      await page.setViewportSize({ width: 360, height: 740 });
      await look(page, "/");
      for (const path of giverPages()) {
        await walkTo(page, path);
        const wide = await page.evaluate<number>("document.documentElement.scrollWidth");
        assert.ok(wide <= 360, `${path} is ${wide} px wide with ${size} text`);
      }
      await page.evaluate("localStorage.removeItem('reverie-text-size')");
      await page.close();
    }
  });

  test("everything on the way can be done by keyboard", async () => {
    const page = await giver.open("/");
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.keyboard.press("Tab");
    assert.equal(await focused(page), "Skip to the content");
    await tabTo(page, "Memories");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/library$/);
    await page.getByRole("article").first().waitFor();
    // The new page's heading has the focus, so that a screen reader reads it.
    assert.equal(await focused(page), "Memories");
    await tabTo(page, "Shared with");
    await page.keyboard.press("ArrowDown");
    await page.waitForURL(/\/library\?space=/);
    await page.keyboard.press("ArrowUp");
    await page.waitForURL(/\/library$/);
    await tabTo(page, "All");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    assert.equal(await page.getByRole("radio", { name: "People" }).isChecked(), true);
    await page.getByRole("article", { name: TITLE }).waitFor();
    await tabTo(page, TITLE);
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/look\//);
    await page.getByRole("heading", { level: 1, name: TITLE }).waitFor();
    await page.close();
  });
  test("no page had an error, and the Content Security Policy refused nothing", () => {
    assert.deepEqual(realFaults([...giver.faults, ...recipient.faults]), []);
  });
});

/** Runs in the page: the first line of the name that a screen reader says of what has the focus. */
const FOCUSED = `(() => {
  const element = document.activeElement;
  const name = element?.labels?.[0]?.innerText ?? element?.getAttribute("aria-label") ?? element?.innerText ?? "";
  return name.trim().split("\\n")[0];
})()`;

function focused(page: Page): Promise<string> {
  return page.evaluate<string>(FOCUSED);
}

async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    if ((await focused(page)) === name) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab doesn't lead to ${name}`);
}
