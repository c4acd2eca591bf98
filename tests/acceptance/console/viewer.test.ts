/** Looking at memories in the console: what is really drawn, walking in it and turning it. */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { endpoints } from "../cloud.ts";
import { faultsOfPage } from "./axe.ts";
import { withoutBrowser } from "./browser.ts";
import { type Colour, colourAt, difference, pixelsOf } from "./drawing.ts";
import { figureFbx, figureGlb, figureVrm, mobileNerfSet, walledSet } from "./modelFiles.ts";
import { splatFiles } from "./splatFiles.ts";
import { assertSoon, isDrawn, type Model, oneFile, openViewing, type Viewing } from "./viewing.ts";

const cloud = endpoints();
const RED: Colour = [230, 30, 30];

function assertColour(found: Colour, wanted: Colour, what: string): void {
  const far = found.some((channel, at) => Math.abs(channel - (wanted[at] ?? 0)) > 45);
  assert.ok(!far, `${what}: ${found.map(Math.round).join()} instead of ${wanted.join()}`);
}

describe("looking at memories", { skip: withoutBrowser }, () => {
  let viewing: Viewing;

  before(async () => {
    const splats: Record<string, Model> = {};
    for (const [name, bytes] of await splatFiles()) {
      const format = name.slice(name.indexOf(".") + 1);
      splats[`Splats ${format}`] = { kind: "scene", model: name, files: oneFile(name, bytes) };
    }
    viewing = await openViewing(cloud, {
      ...splats,
      Wall: { kind: "scene", model: "wall.glb", files: await walledSet() },
      Field: { kind: "scene", model: "scene_1.glb", files: await mobileNerfSet() },
      Ann: { kind: "avatar", model: "figure.glb", files: oneFile("figure.glb", await figureGlb()) },
      Bo: { kind: "avatar", model: "figure.vrm", files: oneFile("figure.vrm", await figureVrm()) },
      Cy: { kind: "avatar", model: "figure.fbx", files: oneFile("figure.fbx", figureFbx()) },
      Broken: {
        kind: "avatar",
        model: "broken.glb",
        files: oneFile("broken.glb", Buffer.from("glTF\u0002\0\0\0, but no model")),
      },
    });
  });
  afterEach(() => viewing?.closePages());
  after(() => viewing?.browser.close());

  for (const format of ["ply", "splat", "ksplat", "spz", "sog"]) {
    test(`splats of ${format.toUpperCase()} are drawn`, async () => {
      const { page, canvas } = await viewing.look(`Splats ${format}`);
      await isDrawn(page);
      await page.getByRole("progressbar").waitFor({ state: "detached" });
      await assertSoon(async () => assertColour(await colourAt(canvas, 0.5, 0.5), RED, format));
      await page.close();
      assert.deepEqual(viewing.browser.faults, []);
    });
  }

  test("a model's picture beside it is found by its name", async () => {
    const { page, canvas } = await viewing.look("Wall");
    await isDrawn(page);
    assert.deepEqual(await faultsOfPage(page), []);
    const [red, green, blue] = await colourAt(canvas, 0.5, 0.5);
    assert.ok(green > 100 && red < 80 && blue < 110, `${red} ${green} ${blue}`);
    await page.close();
  });
  test("a set of MobileNeRF is drawn by its network: features and direction count", async () => {
    const { page, canvas } = await viewing.look("Field");
    await isDrawn(page);
    assertColour(await colourAt(canvas, 0.2, 0.5), [255, 0, 0], "looking to the left");
    assertColour(await colourAt(canvas, 0.8, 0.5), [255, 0, 255], "looking to the right");
    await page.close();
  });
  test("figures of VRM and FBX stand in the middle of the picture", async () => {
    for (const title of ["Bo", "Cy"]) {
      const { page, canvas } = await viewing.look(title);
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
    const { page, canvas } = await viewing.look("Wall");
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
  test("a figure is turned by dragging, and by fingers, which also bring it nearer", async () => {
    const { page, canvas } = await viewing.look("Ann");
    await isDrawn(page);
    const box = (await canvas.boundingBox()) ?? assert.fail();
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    const start = await pixelsOf(canvas);
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.move(x + 60, y);
    await page.mouse.move(x + 120, y);
    await page.mouse.up();
    const dragged = await pixelsOf(canvas);
    assert.ok(difference(start, dragged) > 0.005, "dragging turns it");

    const fingers = await page.context().newCDPSession(page);
    const touch = (
      type: "touchStart" | "touchMove" | "touchEnd",
      ...touchPoints: { x: number; y: number }[]
    ) =>
      fingers.send("Input.dispatchTouchEvent", {
        type,
        touchPoints: touchPoints.map((point, id) => ({ ...point, id })),
      });
    await touch("touchStart", { x, y });
    await touch("touchMove", { x: x + 50, y });
    await touch("touchMove", { x: x + 110, y });
    await touch("touchEnd");
    const swiped = await pixelsOf(canvas);
    assert.ok(difference(dragged, swiped) > 0.005, "one finger turns it");
    await touch("touchStart", { x: x - 20, y }, { x: x + 20, y });
    await touch("touchMove", { x: x - 60, y }, { x: x + 60, y });
    await touch("touchMove", { x: x - 120, y }, { x: x + 120, y });
    await touch("touchEnd");
    assert.ok(difference(swiped, await pixelsOf(canvas)) > 0.02, "two fingers bring it nearer");
    await page.getByRole("button", { name: "Back to the start" }).click();
    await page.mouse.move(0, 0);
    assert.ok(difference(start, await pixelsOf(canvas)) < 0.01);
    await page.close();
  });

  test("a refused URL is asked for again; what stays refused can be tried again", async () => {
    const page = await viewing.browser.context.newPage();
    let refusals = 1;
    await page.route(`${cloud.storage}/**`, (route) => {
      refusals -= 1;
      return refusals >= 0 ? route.fulfill({ status: 403, body: "" }) : route.continue();
    });
    await page.goto(`/look/${viewing.idOf("Ann")}`);
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
    const { page } = await viewing.look("Broken");
    await page.getByText("This memory's file is damaged").waitFor();
    await page.addInitScript("HTMLCanvasElement.prototype.getContext = () => null");
    await page.goto(`/look/${viewing.idOf("Ann")}`);
    await page.getByText("This browser can't draw places").waitFor();
    await page.close();
  });
  test("leaving gives back the graphics card and the workers", async () => {
    const { page } = await viewing.look("Splats ply");
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
    assert.deepEqual(viewing.browser.faults, []);
    await page.close();
  });
});
