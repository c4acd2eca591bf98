/** VR in the console, in a headset that is emulated. */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import type { Page } from "playwright-core";
import { endpoints } from "../cloud.ts";
import { withoutBrowser } from "./browser.ts";
import { difference, framesDrawn, pixelsOf, type Seen } from "./drawing.ts";
import { walledSet } from "./modelFiles.ts";
import { isDrawn, openViewing, type Viewing } from "./viewing.ts";

const cloud = endpoints();

describe("VR", { skip: withoutBrowser }, () => {
  let viewing: Viewing;

  before(async () => {
    viewing = await openViewing(cloud, {
      Wall: { kind: "scene", model: "wall.glb", files: await walledSet() },
    });
  });
  afterEach(() => viewing?.closePages());
  after(() => viewing?.browser.close());

  /** Enters the place with the wall. Each eye is drawn by software, so the picture is small. */
  const enter = async ({ seated }: { readonly seated: boolean }) => {
    const { page } = await viewing.look("Wall");
    await page.setViewportSize({ width: 480, height: 420 });
    await page.getByLabel("I stay seated").setChecked(seated);
    await page.getByRole("button", { name: "Enter with the headset" }).click();
    await page.getByText("You are in the headset").waitFor();
    await framesDrawn(page);
    return page;
  };
  /** Seen from the eyes' height, a ray that falls by this angle meets the ground 2 m ahead. */
  const point = (page: Page, pitch: number) =>
    page.evaluate((angle) => {
      const { right } = globalThis.headset.controllers;
      right.connected = true;
      right.position.set(0.1, 1.6, 0);
      right.quaternion.set(Math.sin(angle / 2), 0, 0, Math.cos(angle / 2));
    }, pitch);
  const push = async (page: Page) => {
    await page.evaluate(() => globalThis.headset.controllers.right.updateAxes("thumbstick", 1, 0));
    await framesDrawn(page, 8);
    await page.evaluate(() => globalThis.headset.controllers.right.updateAxes("thumbstick", 0, 0));
  };

  test("in a headset one goes where one points, turns, and leaves by a large button", async () => {
    const page = await enter({ seated: true });
    const press = async () => {
      await page.evaluate(() => globalThis.headset.controllers.right.updateButtonValue("trigger", 1));
      await framesDrawn(page);
      await page.evaluate(() => globalThis.headset.controllers.right.updateButtonValue("trigger", 0));
      await framesDrawn(page, 8);
    };
    await point(page, 0.6);
    await framesDrawn(page);
    const start = await pixelsOf(page);
    await press();
    assert.ok(difference(start, await pixelsOf(page)) < 0.01, "pointing at the sky leads nowhere");
    await point(page, -0.9);
    await press();
    await point(page, 0.6);
    await framesDrawn(page);
    const there = await pixelsOf(page);
    assert.ok(difference(start, there) > 0.01, "pointing at the ground leads there");
    await push(page);
    assert.ok(difference(there, await pixelsOf(page)) > 0.05, "the stick turns");
    await point(page, -0.6);
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
  test("who stands sees from their own eyes, as high as who sits is lifted", async () => {
    // Without the page's own buttons above, and the one below, which is within reach of each.
    const ahead = { x: 0, y: 60, width: 480, height: 215 };
    const sitting = await enter({ seated: true });
    const lifted = await pixelsOf(sitting, ahead);
    assert.deepEqual(await sitting.evaluate(() => globalThis.floors), ["local"]);
    await sitting.close();
    const standing = await enter({ seated: false });
    assert.deepEqual(await standing.evaluate(() => globalThis.floors), ["local-floor"]);
    const upright = await pixelsOf(standing, ahead);
    assert.ok(difference(lifted, upright) < 0.02, "both look from the same height");
    await standing.evaluate(() => globalThis.headset.position.set(0, 0.9, 0));
    await framesDrawn(standing, 4);
    assert.ok(difference(upright, await pixelsOf(standing, ahead)) > 0.05, "who crouches sees from below");
    await standing.close();
  });

  test("the edges of sight darken with a move, and open again; the middle stays", async () => {
    const page = await enter({ seated: true });
    await point(page, 0.6);
    await framesDrawn(page, 4);
    const light = ({ edge }: Seen) => edge > 60;
    const before = await page.evaluate(() => globalThis.seen.at(-1));
    assert.ok(before !== undefined && light(before), JSON.stringify(before));
    await page.evaluate(() => {
      globalThis.seen.length = 0;
    });
    await push(page);
    await page.waitForFunction(() => (globalThis.seen.at(-1)?.edge ?? 0) > 60);
    const frames = await page.evaluate(() => globalThis.seen);
    const darkest = frames.reduce((one, other) => (other.edge < one.edge ? other : one));
    assert.ok(darkest.edge < 15 && darkest.middle > 40, JSON.stringify(darkest));
    await page.close();
  });
});
