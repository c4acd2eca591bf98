/** Sending films and photos from the console: from files, from the camera, through reloads and cut networks. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Page } from "playwright-core";
import { photoSamples } from "#engine/reference/testing/photoSamples.ts";
import { endpoints } from "../cloud.ts";
import { type EngineProcess, spawnEngine } from "../engineProcess.ts";
import { eventually, jpeg, mp4, textCalledMp4 } from "../tools.ts";
import { faultsOfPage } from "./axe.ts";
import { type Browser, openBrowser, signIn, withoutBrowser } from "./browser.ts";
import { colourAt } from "./drawing.ts";
import { makeFamily, newPeople, realFaults } from "./world.ts";

const cloud = endpoints();
const { mina, oma } = newPeople();
const TITLE = "Grandmother's garden";
const PIECE_BYTES = 8 * 1024 ** 2;

/** A real video that takes several pieces to send: what follows its content is free space (ISO/IEC 14496-12, 8.1.2). */
async function longVideo(): Promise<string> {
  const video = await readFile(await mp4());
  const free = Buffer.alloc(2 * PIECE_BYTES);
  free.writeUInt32BE(free.length, 0);
  free.write("free", 4, "latin1");
  const path = join(await mkdtemp(join(tmpdir(), "reverie-console-")), "long walk.mp4");
  await writeFile(path, Buffer.concat([video, free]));
  return path;
}

describe("sending", { skip: withoutBrowser }, () => {
  let giver: Browser;
  let engine: EngineProcess;

  before(async () => {
    [giver, engine] = await Promise.all([
      openBrowser(cloud.api, { camera: true }),
      spawnEngine(cloud, { id: "console" }),
      makeFamily(cloud, { mina, oma }),
    ]);
    const page = await giver.open("/send");
    await signIn(page, mina);
    await page.close();
  });
  after(() => Promise.all([giver?.close(), engine?.stop()]));

  const videoInput = (page: Page) => page.locator("input[data-role=video]").first();
  const sendButton = (page: Page) => page.getByRole("button", { name: "Send", exact: true });

  test("a wrong file is refused with one sentence, before any of it is sent", async () => {
    const page = await giver.open("/send");
    const input = videoInput(page);
    const wrong = async (file: Parameters<typeof input.setInputFiles>[0], sentence: RegExp) => {
      await input.setInputFiles(file);
      await page.getByRole("alert").getByText(sentence).waitFor();
    };
    await wrong(
      { name: "letter.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.7") },
      /not a film/,
    );
    await wrong({ name: "empty.mp4", mimeType: "video/mp4", buffer: Buffer.alloc(0) }, /empty/);
    await wrong(await textCalledMp4(), /damaged/);
    await wrong(
      { name: "face.jpg", mimeType: "image/jpeg", buffer: await readFile(await jpeg()) },
      /not a film/,
    );
    assert.equal(await sendButton(page).isDisabled(), true);
    await page.getByRole("radio", { name: /A person/ }).check();
    await page.locator("input[data-role=face]").setInputFiles(await mp4());
    await page
      .getByRole("alert")
      .getByText(/not a photo/)
      .waitFor();
    await page.close();
  });
  test("a film whose page is loaded again in the middle arrives, and becomes a place", async () => {
    const page = await giver.open("/send");
    const film = await longVideo();
    await page.locator("input[data-role=video]").first().setInputFiles(film);
    const title = page.getByLabel("What is this place called?");
    await eventually("the file's name is the title", async () => (await title.inputValue()) === "long walk");
    await title.fill(TITLE);
    await page.getByRole("radio", { name: "Outdoors" }).check();
    // Slow enough that the reload comes between two pieces.
    const held = Promise.withResolvers<void>();
    await page.route(`${cloud.storage}/**`, async (route) => {
      const range = route.request().headers()["content-range"] ?? "";
      if (range.startsWith(`bytes ${PIECE_BYTES}-`)) {
        held.resolve();
        return; // is never answered
      }
      await route.continue();
    });
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await held.promise;
    const ranges: string[] = [];
    page.on("request", (request) => {
      const range = request.headers()["content-range"];
      if (range !== undefined) ranges.push(range);
    });
    await page.reload();
    await page.getByText(/the browser needs the file once more/).waitFor();
    await page.unrouteAll({ behavior: "ignoreErrors" });
    await page.locator("input[data-role=again]").setInputFiles(await mp4());
    await page.getByText(/That is another file/).waitFor();
    await page.locator("input[data-role=again]").setInputFiles(film);
    await page.waitForURL(/\/line$/);
    assert.match(ranges[0] ?? "", /^bytes \*\//);
    const from = Number(/^bytes (\d+)-/.exec(ranges[1] ?? "")?.[1]);
    assert.ok(from >= PIECE_BYTES, `it went on at ${from}`);

    const card = page.getByRole("article", { name: TITLE });
    await card.getByRole("link", { name: "Step in" }).waitFor();
    await card.getByText("Ready").waitFor();
    await page.close();
  });
  test("a film that is dropped on the page goes on after a cut network and a pause", async () => {
    const page = await giver.open("/send");
    const film = await page.evaluateHandle(dropOf((await readFile(await mp4())).toString("base64")));
    await page.locator(".picker").first().dispatchEvent("drop", { dataTransfer: film });
    await page.getByText("dropped.mp4").waitFor();
    await page.getByLabel("What is this place called?").fill("Dropped");
    await page.route(`${cloud.storage}/**`, async (route) => {
      const range = route.request().headers()["content-range"] ?? "";
      if (!range.startsWith(`bytes ${PIECE_BYTES}-`)) return route.continue();
      await giver.context.setOffline(true);
      await route.abort("internetdisconnected");
    });
    const ranges: string[] = [];
    try {
      await page.getByRole("button", { name: "Send", exact: true }).click();
      await page.getByText(/No connection/).waitFor();
      await page.getByRole("button", { name: "Pause" }).click();
      await page.getByText(/Paused/).waitFor();
      await page.unrouteAll({ behavior: "ignoreErrors" });
      page.on("request", (request) => {
        const range = request.headers()["content-range"];
        if (range !== undefined) ranges.push(range);
      });
    } finally {
      await giver.context.setOffline(false);
    }
    await page.getByRole("button", { name: "Go on" }).click();
    await page.waitForURL(/\/line$/);
    assert.match(ranges[0] ?? "", /^bytes \*\//);
    assert.match(ranges[1] ?? "", new RegExp(`^bytes ${PIECE_BYTES}-`));
    await page.getByRole("article", { name: "Dropped" }).getByText("Ready").waitFor();
    await page.close();
  });
  test("a film that the browser finds by its handle goes on after a reload by itself", async () => {
    const page = await giver.context.newPage();
    // What a person would pick in the browser's own window, from the page's own folder.
    await page.addInitScript(`window.showOpenFilePicker = async () => {
      const folder = await navigator.storage.getDirectory();
      return [await folder.getFileHandle("found again.mp4")];
    }`);
    await page.goto("/send");
    await page.evaluate(`(async () => {
      const folder = await navigator.storage.getDirectory();
      const writable = await (await folder.getFileHandle("found again.mp4", { create: true })).createWritable();
      await writable.write(${dropOf((await readFile(await mp4())).toString("base64"))}.files[0]);
      await writable.close();
    })()`);
    await page.getByRole("button", { name: "Pick a film" }).click();
    await page.getByText("found again.mp4").waitFor();
    const held = Promise.withResolvers<void>();
    await page.route(`${cloud.storage}/**`, async (route) => {
      const range = route.request().headers()["content-range"] ?? "";
      if (!range.startsWith(`bytes ${PIECE_BYTES}-`)) return route.continue();
      held.resolve(); // and is never answered
    });
    await sendButton(page).click();
    await held.promise;
    await page.unrouteAll({ behavior: "ignoreErrors" });
    await page.reload();
    await page.waitForURL(/\/line$/);
    await page.getByRole("article", { name: "found again" }).getByText("Ready").waitFor();
    await page.close();
  });

  test("photos in HEIC become JPEG, upright; one that can't be read is refused", async () => {
    const scratch = await mkdtemp(join(tmpdir(), "reverie-heic-"));
    const photo = async (name: string) => {
      const make = photoSamples["image/heic"].find(([each]) => each === name)?.[1];
      const buffer = await make?.(join(scratch, "scratch.mp4"));
      return { name, mimeType: "image/heic", buffer: buffer ?? assert.fail(name) };
    };
    const page = await giver.open("/send");
    await page.getByRole("radio", { name: /A person/ }).check();
    const face = page.locator("input[data-role=face]");
    const damaged = Buffer.concat([
      Buffer.from("\0\0\0\x18ftypheic\0\0\0\0mif1heic", "latin1"),
      Buffer.alloc(900, 7),
    ]);
    await face.setInputFiles({ name: "IMG_1.HEIC", mimeType: "image/heic", buffer: damaged });
    await page
      .getByRole("alert")
      .getByText(/Settings, Camera, Formats, Most Compatible/)
      .waitFor();
    // Stored sideways in six tiles, as an iPhone that is held upright does.
    await face.setInputFiles(await photo("phone.heic"));
    const preview = page.locator(".picker-preview img").first();
    await page.getByText("phone.jpg").waitFor();
    await eventually("it is shown", () =>
      page.evaluate<boolean>('document.querySelector(".picker-preview img")?.naturalHeight === 160'),
    );
    const [red, green] = await colourAt(preview, 0.16, 0.25);
    assert.ok(red > 150 && green < 70, `above on the left is red: ${red} ${green}`);
    await page.locator("input[data-role=body]").setInputFiles(await photo("single.heic"));
    await page.getByText("single.jpg").waitFor();
    const uploads: Promise<string>[] = [];
    page.on("response", (response) => {
      if (new URL(response.url()).pathname === "/v1/uploads") uploads.push(response.text());
    });
    await page.getByLabel("Who is it?").fill("From an iPhone");
    await sendButton(page).click();
    await page.waitForURL(/\/line$/);
    const announced = await Promise.all(uploads);
    assert.equal(announced.length, 2);
    for (const upload of announced) assert.match(upload, /image\/jpeg/);
    await page.getByRole("article", { name: "From an iPhone" }).getByText("Ready").waitFor();
    await page.close();
    await rm(scratch, { recursive: true });
  });

  test("a film that the browser can't play is said to be good all the same", async () => {
    const page = await giver.open("/send");
    // As iPhones code them: HEVC, which Chromium has no decoder for.
    const film = await readFile(await mp4());
    for (const [one, other] of [
      ["avc1", "hvc1"],
      ["avcC", "hvcC"],
      ["mp4a", "none"],
    ] as const)
      film.write(other, film.lastIndexOf(one, undefined, "latin1"), "latin1");
    await videoInput(page).setInputFiles({ name: "IMG_2031.MOV", mimeType: "video/quicktime", buffer: film });
    await page.getByText(/It can be sent all the same/).waitFor();
    await page.getByLabel("What is this place called?").fill("From an iPhone");
    assert.equal(await sendButton(page).isEnabled(), true);
    await page.close();
  });

  test("a film is taken with the computer's camera, and becomes a place", async () => {
    const page = await giver.open("/send");
    await page.getByRole("button", { name: "Film now" }).click();
    const dialog = page.getByRole("dialog", { name: "Film a place" });
    // What was filmed is not used when the camera is closed in the middle.
    await page.evaluate(RECORDERS_STOP);
    await dialog.getByRole("button", { name: "Begin" }).click();
    await dialog.getByRole("button", { name: "Stop and use it" }).waitFor();
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await page.evaluate("window.recorderStopped");
    await page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))");
    assert.equal(await page.getByText(/^film\.|Looking at the file/).count(), 0);
    await page.getByRole("button", { name: "Film now" }).click();

    // The second press of a double click does not end what the first began.
    await dialog.getByRole("button", { name: "Begin" }).dblclick();
    assert.deepEqual(await faultsOfPage(page), []);
    await eventually("a second is filmed", () =>
      page.evaluate<boolean>('document.querySelector("dialog video").currentTime > 1.5'),
    );
    await dialog.getByRole("button", { name: "Stop and use it" }).click();
    await dialog.waitFor({ state: "detached" });
    await page.getByText(/^film\.(mp4|webm)/).waitFor();
    await page.getByLabel("What is this place called?").fill("Filmed here");
    await sendButton(page).click();
    await page.waitForURL(/\/line$/);
    await page.getByRole("article", { name: "Filmed here" }).getByText("Ready").waitFor();
    await page.close();
  });

  test("a camera that is refused is said in a sentence", async () => {
    const page = await giver.context.newPage();
    await page.addInitScript(
      "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'))",
    );
    await page.goto("/send");
    await page.getByRole("button", { name: "Film now" }).click();
    await page
      .getByRole("alert")
      .getByText(/The camera could not be opened/)
      .waitFor();
    await page.close();
  });

  test("a film that can't be used fails with a sentence in the person's language", async () => {
    const page = await giver.open("/send");
    const fake = Buffer.concat([
      Buffer.from("\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "latin1"),
      Buffer.alloc(4096, 7),
    ]);
    await page
      .locator("input[data-role=video]")
      .first()
      .setInputFiles({ name: "broken.mp4", mimeType: "video/mp4", buffer: fake });
    await page.getByLabel("What is this place called?").fill("Broken");
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await page.waitForURL(/\/line$/);
    const card = page.getByRole("article", { name: "Broken" });
    await card.getByText("Did not work").waitFor();
    const english = await card.getByRole("alert").textContent();
    await page.evaluate(() => localStorage.setItem("reverie-language", "ko"));
    await page.reload();
    const korean = await page.getByRole("article", { name: "Broken" }).getByRole("alert").textContent();
    await page.evaluate(() => localStorage.setItem("reverie-language", "en"));
    assert.ok(
      /[a-z]{4}/.test(String(english)) && /[가-힣]{2}/.test(String(korean)),
      `${english} / ${korean}`,
    );
    await page.close();
  });
  test("no page had an error, and the Content Security Policy refused nothing", () => {
    assert.deepEqual(realFaults(giver.faults), []);
  });
});

/** Runs in the page: `recorderStopped` is kept when the next recorder has stopped. */
const RECORDERS_STOP = `{
  const { start } = MediaRecorder.prototype;
  MediaRecorder.prototype.start = function (...slice) {
    window.recorderStopped = new Promise((stopped) => this.addEventListener("stop", stopped));
    return start.apply(this, slice);
  };
}`;

/** Runs in the page: what is dropped on it, a video of two pieces. */
function dropOf(video: string): string {
  return `(() => {
    const content = Uint8Array.from(atob("${video}"), (character) => character.charCodeAt(0));
    const free = new Uint8Array(${PIECE_BYTES});
    new DataView(free.buffer).setUint32(0, free.length);
    free.set([0x66, 0x72, 0x65, 0x65], 4);
    const drop = new DataTransfer();
    drop.items.add(new File([content, free], "dropped.mp4", { type: "video/mp4" }));
    return drop;
  })()`;
}
