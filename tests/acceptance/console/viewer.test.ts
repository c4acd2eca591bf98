/** Looking at memories in the console: what is really drawn, in VR too, and putting VR videos together. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, afterEach, before, describe, test } from "node:test";
import type { Page } from "playwright-core";
import { z } from "zod";
import { mailedCode, Phone } from "#local/demo/phone/phone.ts";
import { endpoints } from "../cloud.ts";
import { faultsOfPage } from "./axe.ts";
import { type Browser, openBrowser, signIn, withoutBrowser } from "./browser.ts";
import {
  type Colour,
  colourAt,
  difference,
  framesDrawn,
  greenest,
  headsetScript,
  pixelsOf,
} from "./drawing.ts";
import { figureFbx, figureGlb, figureVrm, mobileNerfSet, walledSet } from "./modelFiles.ts";
import { addSamples, type Sample } from "./samples.ts";
import { splatFiles } from "./splatFiles.ts";

const cloud = endpoints();
const run = randomBytes(4).toString("hex");
const mina = { email: `mina-${run}@example.com`, name: "Mina" };
const RED: Colour = [230, 30, 30];

const one = (name: string, bytes: Uint8Array) => new Map([[name, bytes]]);
const sample = (title: string, kind: Sample["kind"], model: string, files: Sample["files"]): Sample => ({
  name: `${title.toLowerCase().replaceAll(" ", "-")}-${run}`,
  title: `${title} ${run}`,
  kind,
  model,
  files,
});

async function makeSamples(): Promise<Sample[]> {
  const splats = [...(await splatFiles())].map(([name, bytes]) =>
    sample(`Splats ${name.slice(name.indexOf(".") + 1)}`, "scene", name, one(name, bytes)),
  );
  return [
    ...splats,
    sample("Wall", "scene", "wall.glb", await walledSet()),
    sample("Field", "scene", "scene_1.glb", await mobileNerfSet()),
    sample("Ann", "avatar", "figure.glb", one("figure.glb", await figureGlb())),
    sample("Bo", "avatar", "figure.vrm", one("figure.vrm", await figureVrm())),
    sample("Cy", "avatar", "figure.fbx", one("figure.fbx", figureFbx())),
    sample(
      "Broken",
      "avatar",
      "broken.glb",
      one("broken.glb", Buffer.from("glTF\u0002\0\0\0, but no model")),
    ),
  ];
}

/** A giver with a recipient. */
async function makeFamily(): Promise<Phone> {
  const giver = await Phone.signIn(cloud, mina);
  await giver.enrol("care_giver", { language: "en", timeZone: "Asia/Seoul" });
  const recipient = await Phone.signIn(cloud, { email: `oma-${run}@example.com`, name: "Oma" });
  await recipient.enrol("care_recipient", { language: "ko", timeZone: "Asia/Seoul" });
  const invitation = await giver.invite(recipient.email);
  await giver.confirm(invitation, await mailedCode(cloud.mail, recipient.email));
  return giver;
}

function assertColour(found: Colour, wanted: Colour, what: string): void {
  const far = found.some((channel, at) => Math.abs(channel - (wanted[at] ?? 0)) > 45);
  assert.ok(!far, `${what}: ${found.map(Math.round).join()} instead of ${wanted.join()}`);
}

describe("looking at memories", { skip: withoutBrowser }, () => {
  let browser: Browser;
  let giver: Phone;
  let ids: ReadonlyMap<string, string>;

  before(async () => {
    // First, so that it is closed also when something else fails.
    browser = await openBrowser(cloud.api, { draws: true, script: headsetScript() });
    [giver, ids] = await Promise.all([
      makeFamily(),
      makeSamples().then((samples) => addSamples(cloud, samples)),
    ]);
    const page = await browser.open("/library");
    await signIn(page, mina);
    await page.close();
  });
  // A page that is left open after a failure would go on drawing.
  afterEach(() =>
    Promise.all(
      browser.context
        .pages()
        .slice(1)
        .map((page) => page.close()),
    ),
  );
  after(() => browser?.close());

  const idOf = (title: string) => {
    const id = ids.get(`${title.toLowerCase().replaceAll(" ", "-")}-${run}`);
    return id ?? assert.fail(title);
  };
  const look = async (title: string) => {
    const page = await browser.open(`/look/${idOf(title)}`);
    return { page, canvas: page.locator("canvas") };
  };
  const isDrawn = (page: Page) => page.getByRole("button", { name: "Back to the start" }).waitFor();
  const newVideo = async (avatars: readonly string[]) => {
    const transform = { position: [0, 0, -2], rotation: [0, 0, 0, 1], scale: [1, 1, 1] };
    const made = await giver.call("POST", "/v1/vr-videos", {
      body: {
        title: "A visit",
        scene: { resourceId: idOf("Field"), transform: { ...transform, position: [0, 0, 0] } },
        avatars: avatars.map((title) => ({ resourceId: idOf(title), transform })),
      },
    });
    return String(made?.id);
  };

  for (const format of ["ply", "splat", "ksplat", "spz", "sog"]) {
    test(`splats of ${format.toUpperCase()} are drawn`, async () => {
      const { page, canvas } = await look(`Splats ${format}`);
      await isDrawn(page);
      await page.getByRole("progressbar").waitFor({ state: "detached" });
      await assertSoon(async () => assertColour(await colourAt(canvas, 0.5, 0.5), RED, format));
      await page.close();
      assert.deepEqual(browser.faults, []);
    });
  }

  test("a model's picture beside it is found by its name", async () => {
    const { page, canvas } = await look("Wall");
    await isDrawn(page);
    assert.deepEqual(await faultsOfPage(page), []);
    const [red, green, blue] = await colourAt(canvas, 0.5, 0.5);
    assert.ok(green > 100 && red < 80 && blue < 110, `${red} ${green} ${blue}`);
    await page.close();
  });

  test("a set of MobileNeRF is drawn by its network: features and direction count", async () => {
    const { page, canvas } = await look("Field");
    await isDrawn(page);
    assertColour(await colourAt(canvas, 0.2, 0.5), [255, 0, 0], "looking to the left");
    assertColour(await colourAt(canvas, 0.8, 0.5), [255, 0, 255], "looking to the right");
    await page.close();
  });

  test("figures of VRM and FBX stand in the middle of the picture", async () => {
    for (const title of ["Bo", "Cy"]) {
      const { page, canvas } = await look(title);
      await isDrawn(page);
      const [inside, outside] = [await colourAt(canvas, 0.5, 0.5), await colourAt(canvas, 0.08, 0.5)];
      assert.ok(
        inside.some((channel, at) => Math.abs(channel - (outside[at] ?? 0)) > 12),
        `${title}: ${inside} ${outside}`,
      );
      await page.close();
    }
  });

  test("one walks by keys and by buttons, and comes back to the start", async () => {
    const { page, canvas } = await look("Wall");
    await isDrawn(page);
    const start = await pixelsOf(canvas);
    await canvas.focus();
    await page.keyboard.press("ArrowUp");
    const near = await pixelsOf(canvas);
    assert.ok(difference(start, near) > 0.02);
    await page.getByRole("button", { name: "Turn left" }).press("Enter");
    assert.ok(difference(near, await pixelsOf(canvas)) > 0.02);
    await page.getByRole("button", { name: "Back to the start" }).click();
    await canvas.focus();
    assert.ok(difference(start, await pixelsOf(canvas)) < 0.01);
    await page.close();
  });

  test("a refused URL is asked for again; what stays refused can be tried again", async () => {
    const page = await browser.context.newPage();
    let refusals = 1;
    await page.route(`${cloud.storage}/**`, (route) => {
      refusals -= 1;
      return refusals >= 0 ? route.fulfill({ status: 403, body: "" }) : route.continue();
    });
    await page.goto(`/look/${idOf("Ann")}`);
    await isDrawn(page);
    refusals = Number.POSITIVE_INFINITY;
    await page.reload();
    await page.getByText("A file of this memory can't be read at the moment.").waitFor();
    refusals = 0;
    await page.getByRole("button", { name: "Try again" }).click();
    await isDrawn(page);
    await page.close();
  });

  test("a damaged file and a browser without WebGL are said in a sentence", async () => {
    const { page } = await look("Broken");
    await page.getByText("This memory's file is damaged").waitFor();
    await page.addInitScript("HTMLCanvasElement.prototype.getContext = () => null");
    await page.goto(`/look/${idOf("Ann")}`);
    await page.getByText("This browser can't draw places").waitFor();
    await page.close();
  });

  test("leaving gives back the graphics card and the workers", async () => {
    const { page } = await look("Splats ply");
    await isDrawn(page);
    await page.evaluate("globalThis.context = document.querySelector('canvas').getContext('webgl2')");
    const isLost = () => page.evaluate("context.isContextLost()");
    assert.equal(await isLost(), false);
    await page.getByRole("link", { name: "VR videos" }).click();
    await page.getByRole("heading", { level: 1, name: "VR videos" }).waitFor();
    await assertSoon(async () => {
      assert.equal(await isLost(), true);
      // Spark keeps one that has read a file for the next file.
      assert.ok(page.workers().length <= 1, String(page.workers().length));
    });
    assert.deepEqual(browser.faults, []);
    await page.close();
  });

  test("in a headset one goes where one points, turns, and leaves by a large button", async () => {
    const { page } = await look("Wall");
    // Each eye is drawn by software, so the picture is small.
    await page.setViewportSize({ width: 480, height: 420 });
    await page.getByRole("button", { name: "Enter with the headset" }).click();
    await page.getByText("You are in the headset").waitFor();
    await framesDrawn(page);
    // Seen from the eyes' height, a ray that falls by this angle meets the ground 2 m ahead.
    const point = (pitch: number) =>
      page.evaluate((angle) => {
        const { right } = globalThis.headset.controllers;
        right.connected = true;
        right.position.set(0.1, 1.6, 0);
        right.quaternion.set(Math.sin(angle / 2), 0, 0, Math.cos(angle / 2));
      }, pitch);
    const press = async () => {
      await page.evaluate(() => globalThis.headset.controllers.right.updateButtonValue("trigger", 1));
      await framesDrawn(page);
      await page.evaluate(() => globalThis.headset.controllers.right.updateButtonValue("trigger", 0));
      await framesDrawn(page, 8);
    };
    await point(0.6);
    await framesDrawn(page);
    const start = await pixelsOf(page);
    await press();
    assert.ok(difference(start, await pixelsOf(page)) < 0.01, "pointing at the sky leads nowhere");
    await point(-0.9);
    await press();
    await point(0.6);
    await framesDrawn(page);
    const there = await pixelsOf(page);
    assert.ok(difference(start, there) > 0.01, "pointing at the ground leads there");
    await page.evaluate(() => globalThis.headset.controllers.right.updateAxes("thumbstick", 1, 0));
    await framesDrawn(page, 8);
    await page.evaluate(() => globalThis.headset.controllers.right.updateAxes("thumbstick", 0, 0));
    assert.ok(difference(there, await pixelsOf(page)) > 0.05, "the stick turns");
    await point(-0.6);
    await framesDrawn(page);
    const left = page.getByText("You are in the headset").waitFor({ state: "detached" });
    await page.evaluate(() => globalThis.headset.controllers.right.updateButtonValue("trigger", 1));
    // A session that has ended draws no more frames.
    await Promise.race([framesDrawn(page).catch(() => {}), left]);
    await page.evaluate(() => globalThis.headset.controllers.right.updateButtonValue("trigger", 0));
    await left;
    assert.equal(await page.evaluate(() => globalThis.headset.activeSession === undefined), true);
    await isDrawn(page);
    await page.close();
  });

  test("a VR video is put together by keyboard and numbers, undone, and saved", async () => {
    const page = await browser.open(`/videos/new?scene=${idOf("Field")}`);
    await page.getByText("Add at least one person").waitFor();
    await page.getByRole("button", { name: "Add a person" }).click();
    await page.getByRole("button", { name: `Choose Ann ${run}` }).click();
    await page.getByLabel("Title").fill("Sunday");
    await page.getByRole("button", { name: /^1\. Ann/ }).waitFor();
    await page.getByRole("progressbar").waitFor({ state: "detached" });
    const right = page.getByLabel("To the right, metres");
    await right.fill("1.5");
    await page.locator("canvas").focus();
    await page.keyboard.press("ArrowRight");
    assert.equal(await right.inputValue(), "1.55");
    await page.getByRole("button", { name: "Undo" }).click();
    assert.equal(await right.inputValue(), "1.5");
    await page.getByRole("button", { name: "Redo" }).click();
    await page.getByLabel("Turned, degrees").fill("90");
    assert.deepEqual(await faultsOfPage(page), []);
    await page.getByRole("button", { name: "Save" }).click();
    await page.waitForURL(/\/videos\/\w+\/edit$/);
    const id = /videos\/(\w+)\//.exec(page.url())?.[1] ?? "";
    const saved = await giver.call("GET", `/v1/vr-videos/${id}`);
    assert.equal(saved?.title, "Sunday");
    const [avatar] = avatarsOf(saved);
    assert.equal(avatar?.transform.position[0], 1.55);
    assert.ok(Math.abs((avatar?.transform.rotation[1] ?? 0) - Math.SQRT1_2) < 1e-6);
    await page.close();
  });

  test("a figure is dragged by its handle", async () => {
    const id = await newVideo(["Ann"]);
    const page = await browser.open(`/videos/${id}/edit`);
    const up = page.getByLabel("Up, metres");
    await up.waitFor();
    await page.getByRole("progressbar").waitFor({ state: "detached" });
    const canvas = page.locator("canvas");
    const box = (await canvas.boundingBox()) ?? assert.fail();
    // The arrow that points up is the only bright green of the picture.
    const { x, y } = await greenest(canvas);
    await page.mouse.move(box.x + x, box.y + y);
    await page.mouse.down();
    await page.mouse.move(box.x + x, box.y + y - 20);
    await page.mouse.move(box.x + x, box.y + y - 60);
    await page.mouse.up();
    await assertSoon(async () => assert.ok(Number(await up.inputValue()) > 0.05, await up.inputValue()));
    await page.getByRole("button", { name: "Undo" }).click();
    assert.equal(await up.inputValue(), "0");
    await page.close();
  });

  test("of two who change one VR video, the second sees the first's and chooses", async () => {
    const id = await newVideo(["Ann", "Bo"]);
    const change = async (body: object) => {
      const etag = (
        await fetch(`${cloud.api}/v1/vr-videos/${id}`, {
          headers: { authorization: `Bearer ${await giver.accessToken}` },
        })
      ).headers.get("etag");
      const answer = await fetch(`${cloud.api}/v1/vr-videos/${id}`, {
        method: "PATCH",
        headers: {
          authorization: `Bearer ${await giver.accessToken}`,
          "content-type": "application/json",
          "if-match": etag ?? "",
        },
        body: JSON.stringify(body),
      });
      assert.equal(answer.status, 200);
    };
    const page = await browser.open(`/videos/${id}/edit`);
    const right = page.getByLabel("To the right, metres");
    const title = page.getByLabel("Title");
    const save = page.getByRole("button", { name: "Save", exact: true });
    await right.fill("-1");
    await change({ title: "Theirs" });
    await save.click();
    await page.getByText("The title is now “Theirs”.").waitFor();
    await page.getByRole("button", { name: "Put mine on top" }).click();
    await page.getByText("Saved.").waitFor();
    assert.equal(await title.inputValue(), "Theirs");
    const both = await giver.call("GET", `/v1/vr-videos/${id}`);
    assert.equal(both?.title, "Theirs");
    assert.equal(avatarsOf(both)[0]?.transform.position[0], -1);

    await title.fill("Mine");
    await change({ title: "Theirs again" });
    await save.click();
    await page.getByRole("button", { name: "Take theirs" }).click();
    assert.equal(await title.inputValue(), "Theirs again");
    await page.getByRole("button", { name: "Undo" }).click();
    assert.equal(await title.inputValue(), "Mine");
    await page.close();
  });

  test("a VR video is visited in Korean on a small screen, with all who are in it", async () => {
    const id = await newVideo(["Ann"]);
    const page = await browser.open(`/videos/${id}`);
    await page.evaluate("localStorage.setItem('reverie-language', 'ko')");
    await page.setViewportSize({ width: 360, height: 740 });
    await page.reload();
    await page.getByRole("button", { name: "앞으로" }).waitFor();
    const [, , blue] = await colourAt(page.locator("canvas"), 0.5, 0.5);
    assert.ok(blue > 90, String(blue));
    assert.equal(await page.evaluate("document.documentElement.scrollWidth"), 360);
    assert.deepEqual(await faultsOfPage(page), []);
    await page.goto(`/videos/${id}/edit`);
    await page.getByLabel("오른쪽으로, 미터").waitFor();
    assert.equal(await page.evaluate("document.documentElement.scrollWidth"), 360);
    assert.deepEqual(await faultsOfPage(page), []);
    for (const path of [`/look/${idOf("Wall")}`, "/videos"]) {
      await page.goto(path);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await page.locator(".waiting").first().waitFor({ state: "detached" });
      assert.deepEqual(await faultsOfPage(page), [], path);
    }
    await page.evaluate("localStorage.setItem('reverie-language', 'en')");
    await page.close();
    assert.deepEqual(browser.faults, []);
  });
});

const avatarsSchema = z.object({
  avatars: z.array(
    z.object({ transform: z.object({ position: z.array(z.number()), rotation: z.array(z.number()) }) }),
  ),
});

function avatarsOf(video: unknown) {
  return avatarsSchema.parse(video).avatars;
}

/** Tries until it holds; the deadline only ends a test that would never end. */
async function assertSoon(check: () => Promise<void>): Promise<void> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    try {
      await check();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
  }
}
