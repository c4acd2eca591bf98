/** Putting VR videos together in the console, and visiting them. */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { z } from "zod";
import { endpoints } from "../cloud.ts";
import { faultsOfPage } from "./axe.ts";
import { withoutBrowser } from "./browser.ts";
import { colourAt, greenest } from "./drawing.ts";
import { figureGlb, figureVrm, mobileNerfSet } from "./modelFiles.ts";
import { assertSoon, oneFile, openViewing, type Viewing } from "./viewing.ts";
import { walkTo } from "./world.ts";

const cloud = endpoints();

describe("VR videos", { skip: withoutBrowser }, () => {
  let viewing: Viewing;

  before(async () => {
    viewing = await openViewing(cloud, {
      Field: { kind: "scene", model: "scene_1.glb", files: await mobileNerfSet() },
      Ann: { kind: "avatar", model: "figure.glb", files: oneFile("figure.glb", await figureGlb()) },
      Bo: { kind: "avatar", model: "figure.vrm", files: oneFile("figure.vrm", await figureVrm()) },
    });
  });
  afterEach(() => viewing?.closePages());
  after(() => viewing?.browser.close());

  test("a VR video is put together by keyboard and numbers, undone, and saved", async () => {
    const page = await viewing.browser.open(`/videos/new?scene=${viewing.idOf("Field")}`);
    await page.getByText("Add at least one person").waitFor();
    const add = page.getByRole("button", { name: "Add a person" });
    await add.click();
    await page.getByRole("button", { name: `Choose ${viewing.titleOf("Ann")}` }).click();
    await page.getByRole("button", { name: /^1\. Ann/ }).waitFor();
    assert.equal(await add.and(page.locator(":focus")).count(), 1);
    await page.getByLabel("Title").fill("Sunday");
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
    const saved = await viewing.giver.call("GET", `/v1/vr-videos/${id}`);
    assert.equal(saved?.title, "Sunday");
    const [avatar] = avatarsOf(saved);
    assert.equal(avatar?.transform.position[0], 1.55);
    assert.ok(Math.abs((avatar?.transform.rotation[1] ?? 0) - Math.SQRT1_2) < 1e-6);
    await page.close();
  });
  test("a new VR video that is left unsaved is there again, until it is saved", async () => {
    const page = await viewing.browser.open("/videos/new");
    await page.getByRole("button", { name: `Choose ${viewing.titleOf("Field")}` }).click();
    const title = page.getByLabel("Title");
    await title.fill("Half done");
    await page.getByRole("button", { name: "Add a person" }).click();
    await page.getByRole("button", { name: `Choose ${viewing.titleOf("Ann")}` }).click();
    const right = page.getByLabel("To the right, metres");
    await right.fill("1.5");
    await walkTo(page, "/library");
    await walkTo(page, "/videos/new");
    await page.getByText("What you changed last time was not saved.").waitFor();
    assert.equal(await title.inputValue(), "Half done");
    await page.getByRole("button", { name: /^1\. Ann/ }).click();
    assert.equal(await right.inputValue(), "1.5");

    // One that begins with something else is another one, and takes nothing from it.
    await walkTo(page, "/library");
    await walkTo(page, `/videos/new?avatar=${viewing.idOf("Bo")}`);
    await page.getByRole("button", { name: `Choose ${viewing.titleOf("Field")}` }).click();
    await page.getByRole("button", { name: /^1\. Bo/ }).waitFor();
    assert.equal(await title.inputValue(), "");
    await walkTo(page, "/library");
    await walkTo(page, "/videos/new");
    assert.equal(await title.inputValue(), "Half done");

    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.waitForURL(/\/videos\/\w+\/edit$/);
    await walkTo(page, "/videos/new");
    await page.getByRole("button", { name: `Choose ${viewing.titleOf("Field")}` }).waitFor();
    await page.close();
  });
  test("an address of what is not there leads on to what there is", async () => {
    const nowhere = "aaaaaaaaaaaaaaaaaaaaaaaaaa";
    const page = await viewing.browser.open("/");
    for (const [path, name, leadsTo] of [
      [`/look/${nowhere}`, "Memories", "/library"],
      [`/videos/${nowhere}`, "VR videos", "/videos"],
      [`/videos/${nowhere}/edit`, "VR videos", "/videos"],
      [`/videos/new?scene=${nowhere}`, "Memories", "/library"],
    ] as const) {
      await walkTo(page, path);
      const problem = page.getByRole("alert").filter({ hasText: "This is no longer there." });
      assert.equal(await problem.getByRole("link", { name }).getAttribute("href"), leadsTo);
      assert.equal(await problem.getByRole("button").count(), 0);
    }
    await page.close();
  });
  test("a figure is dragged by its handle", async () => {
    const id = await viewing.makeVideo("Field", ["Ann"]);
    const page = await viewing.browser.open(`/videos/${id}/edit`);
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
    const id = await viewing.makeVideo("Field", ["Ann", "Bo"]);
    const change = async (body: object) => {
      const etag = (
        await fetch(`${cloud.api}/v1/vr-videos/${id}`, {
          headers: { authorization: `Bearer ${await viewing.giver.accessToken}` },
        })
      ).headers.get("etag");
      const answer = await fetch(`${cloud.api}/v1/vr-videos/${id}`, {
        method: "PATCH",
        headers: {
          authorization: `Bearer ${await viewing.giver.accessToken}`,
          "content-type": "application/json",
          "if-match": etag ?? "",
        },
        body: JSON.stringify(body),
      });
      assert.equal(answer.status, 200);
    };
    const page = await viewing.browser.open(`/videos/${id}/edit`);
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
    const both = await viewing.giver.call("GET", `/v1/vr-videos/${id}`);
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
  test("a VR video that was deleted in another tab meanwhile is saved as a new one", async () => {
    const id = await viewing.makeVideo("Field", ["Ann"]);
    const page = await viewing.browser.open(`/videos/${id}/edit`);
    await page.getByLabel("Title").fill("Still wanted");
    const other = await viewing.browser.open("/videos");
    const card = other.getByRole("listitem").filter({ has: other.locator(`a[href="/videos/${id}"]`) });
    await card.getByRole("button", { name: /^Delete/ }).click();
    await other.getByRole("dialog").getByRole("button", { name: "Delete", exact: true }).click();
    await card.waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByText(/Someone has deleted this VR video/).waitFor();
    assert.deepEqual(await faultsOfPage(page), []);
    await page.getByRole("button", { name: "Save as a new one" }).click();
    await page.waitForURL((url) => /^\/videos\/\w+\/edit$/.test(url.pathname) && !url.pathname.includes(id));
    const saved = await viewing.giver.call(
      "GET",
      `/v1${new URL(page.url()).pathname.replace("/videos/", "/vr-videos/").replace("/edit", "")}`,
    );
    assert.equal(saved?.title, "Still wanted");
    await other.goto(`/videos/${id}`);
    await other.getByText("This is no longer there.").waitFor();
    await Promise.all([page.close(), other.close()]);
  });

  test("a VR video is visited in Korean on a small screen, with all who are in it", async () => {
    const id = await viewing.makeVideo("Field", ["Ann"]);
    const page = await viewing.browser.open(`/videos/${id}`);
    await page.evaluate("localStorage.setItem('reverie-language', 'ko')");
    await page.setViewportSize({ width: 360, height: 740 });
    await page.reload();
    await page.getByRole("button", { name: "앞으로" }).waitFor();
    const [, , blue] = await colourAt(page.locator("canvas"), 0.5, 0.5);
    assert.ok(blue > 90, String(blue));
    assert.equal(await page.evaluate("document.documentElement.scrollWidth"), 360);
    assert.deepEqual(await faultsOfPage(page), []);
    await page.evaluate("document.documentElement.dataset.text = 'larger'");
    assert.equal(await page.evaluate("document.documentElement.scrollWidth"), 360);
    await page.goto(`/videos/${id}/edit`);
    await page.getByLabel("오른쪽으로, 미터").waitFor();
    assert.equal(await page.evaluate("document.documentElement.scrollWidth"), 360);
    assert.deepEqual(await faultsOfPage(page), []);
    await page.evaluate("document.documentElement.dataset.text = 'larger'");
    assert.equal(await page.evaluate("document.documentElement.scrollWidth"), 360);
    await page.evaluate("localStorage.setItem('reverie-language', 'en')");
    await page.close();
    assert.deepEqual(viewing.browser.faults, []);
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
