/** The console as people use it, in Chromium, on a whole cloud. */
import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Locator, Page } from "playwright-core";
import { z } from "zod";
import { recording } from "#engine/session/recording.ts";
import { jobSchema, mailedCode, Phone } from "#local/demo/phone/phone.ts";
import { endpoints } from "../cloud.ts";
import { type EngineProcess, spawnEngine } from "../engineProcess.ts";
import { eventually, mp4, textCalledMp4 } from "../tools.ts";
import { faultsOfPage } from "./axe.ts";
import { type Browser, openBrowser, signIn, withoutBrowser } from "./browser.ts";

const cloud = endpoints();
const run = randomBytes(4).toString("hex");
const mina = { email: `mina-${run}@example.com`, name: "Mina" };
const oma = { email: `oma-${run}@example.com`, name: "Oma" };
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

describe("the console", { skip: withoutBrowser }, () => {
  let giver: Browser;
  let recipient: Browser;
  let engine: EngineProcess;

  before(async () => {
    [giver, recipient, engine] = await Promise.all([
      openBrowser(cloud.api),
      openBrowser(cloud.api, { locale: "ko-KR", viewport: { width: 360, height: 740 } }),
      spawnEngine(cloud, { id: "console" }),
    ]);
  });
  after(async () => {
    await Promise.all([giver?.close(), recipient?.close(), engine?.stop()]);
  });

  test("a person without an account sees what this is, and signs in", async () => {
    const page = await recipient.open("/");
    await page.getByRole("heading", { level: 1, name: "기억 속으로 걸어 들어가세요" }).waitFor();
    assert.deepEqual(await faultsOfPage(page), []);
    await signIn(page, oma);
    await page.getByRole("radio", { name: /기억을 찾아갑니다/ }).check();
    await page.getByRole("button", { name: "계속" }).click();
    await page
      .getByText("가족이 준비하고 있습니다")
      .or(page.getByRole("link", { name: "기억 찾아가기" }))
      .first()
      .waitFor();
    await page.close();
  });

  test("a giver without a family sends, and sees what is theirs alone", async () => {
    const page = await giver.open("/send");
    await signIn(page, mina);
    await page.getByRole("radio", { name: /care for someone/ }).check();
    await page.getByRole("button", { name: "Go on" }).click();
    // Signing in leads back to the page that was asked for.
    await page.getByText(/What you send now is yours alone/).waitFor();
    assert.deepEqual(await faultsOfPage(page), []);
    await page
      .locator("input[data-role=video]")
      .first()
      .setInputFiles(await mp4());
    await page.getByLabel("What is this place called?").fill("Only mine");
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await page.waitForURL(/\/line$/);
    await page.getByRole("article", { name: "Only mine" }).getByText("Ready").waitFor();
    await listed(page, "Only mine");
    await page.close();
  });

  test("a giver invites by code, which stays to be typed after a reload", async () => {
    const page = await giver.open("/family");
    await page.getByLabel("Their e-mail address").fill(oma.email);
    await page.getByRole("button", { name: "Send the code" }).click();
    await page.getByLabel("Code", { exact: true }).waitFor();
    await page.reload();
    const code = page.getByLabel("Code", { exact: true });
    await code.fill("AAAA-AAAA");
    await page.getByRole("button", { name: "Belong together" }).click();
    await page
      .getByRole("alert")
      .getByText(/This code is not right/)
      .waitFor();
    await code.fill(await mailedCode(cloud.mail, oma.email));
    await page.getByRole("button", { name: "Belong together" }).click();
    await page.getByText("Together since").waitFor();
    await page.getByText("Oma").waitFor();
    await page.close();
  });

  test("a wrong file is refused with one sentence, before any of it is sent", async () => {
    const page = await giver.open("/send");
    const input = page.locator("input[data-role=video]").first();
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
    assert.equal(await page.getByRole("button", { name: "Send", exact: true }).isDisabled(), true);
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

  test("a memory is found by its title, and renamed under what was seen", async () => {
    const page = await giver.open("/library");
    await page.getByLabel("Search by title").fill("grandm");
    const memory = page.getByRole("article", { name: TITLE });
    await memory.waitFor();
    await memory.getByRole("button", { name: /Rename/ }).click();
    const dialog = page.getByRole("dialog", { name: "Rename this memory" });
    const title = dialog.getByLabel("New title");
    await title.fill("Oma's garden");
    // Someone else saves in between.
    const other = await Phone.signIn(cloud, mina);
    const id = (await memory.getByRole("link").getAttribute("href"))?.split("/").pop() ?? "";
    const saved = await fetch(`${cloud.api}/v1/resources/${id}`, {
      method: "PATCH",
      headers: {
        authorization: `Bearer ${other.accessToken}`,
        "content-type": "application/json",
        "if-match": "*",
      },
      body: JSON.stringify({ title: "Another title" }),
    });
    assert.equal(saved.status, 200);
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.getByText(/Someone else changed this meanwhile/).waitFor();
    await dialog.getByRole("button", { name: "Try again" }).click();
    await eventually("the newest title is shown", async () => (await title.inputValue()) === "Another title");
    await title.fill(TITLE);
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.waitFor({ state: "hidden" });
    await memory.waitFor();
    await page.close();
  });

  test("a recipient visits a memory, finishes, and finds the day in the calendar", async () => {
    const page = await recipient.open("/");
    await page.getByRole("heading", { level: 2, name: TITLE }).waitFor();
    await page.getByRole("link", { name: "기억 찾아가기" }).click();
    await page.getByRole("link", { name: "다 둘러보았어요" }).click();
    await page.getByText("오늘의 별을 받으셨습니다").waitFor();
    assert.deepEqual(await faultsOfPage(page), []);
    await page.getByRole("link", { name: "나의 날들" }).click();
    await page.getByText("하루째입니다").waitFor();
    const today = page.locator("td[aria-current=date]");
    await today.getByText("다녀옴").waitFor({ state: "attached" });
    await page.goto("/visited");
    await page.getByText("오늘의 별은 이미 받으셨습니다").waitFor();
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

  test("a memory is deleted once that was confirmed", async () => {
    const page = await giver.open("/library");
    const memory = await listed(page, "Dropped");
    await memory.getByRole("button", { name: "Delete: Dropped" }).click();
    const dialog = page.getByRole("dialog", { name: "Delete Dropped?" });
    assert.deepEqual(await faultsOfPage(page), []);
    await dialog.getByRole("button", { name: "Delete", exact: true }).click();
    await memory.waitFor({ state: "detached" });
    await page.reload();
    await page.getByRole("article", { name: TITLE }).waitFor();
    assert.equal(await memory.count(), 0);
    await page.close();
  });

  test("a job is cancelled in the line, and started again from there", async () => {
    await waitingJob("Waits for a film");
    const page = await giver.open("/line");
    const card = page.getByRole("article", { name: "Waits for a film" });
    await card.getByText("Waits for its files").waitFor();
    await card.getByRole("button", { name: "Cancel" }).click();
    await card.getByText("Cancelled").waitFor();
    await card.getByRole("button", { name: "Try again" }).click();
    await card.getByText("Waits for its files").waitFor();
    await card.getByRole("button", { name: "Cancel" }).click();
    await card.getByText("Cancelled").waitFor();
    await page.close();
  });

  test("the line moves by the change log where Firestore can't be reached", async () => {
    const { phone, id } = await waitingJob("Without a listener");
    const page = await giver.open("/account");
    let refused = 0;
    await page.route("**/google.firestore.v1.Firestore/**", (route) => {
      refused++;
      return route.abort();
    });
    await page.goto("/line");
    const card = page.getByRole("article", { name: "Without a listener" });
    await card.getByText("Waits for its files").waitFor();
    const ofJob = page.waitForResponse(
      async (response) =>
        response.url().includes("/changes?after=") && (await response.text()).includes(`"id":"${id}"`),
    );
    await phone.call("POST", `/v1/jobs/${id}/cancel`);
    await card.getByText("Cancelled").waitFor();
    await ofJob;
    assert.ok(refused > 0, "the page tried to listen");
    await page.close();
  });

  test("a giver sees how the recipient's movements in games change", async () => {
    const phone = await Phone.signIn(cloud, oma);
    const { file } = recording({ repetitions: 6, rate: 50 });
    const played = await phone.call("POST", "/v1/jobs", {
      body: {
        kind: "session",
        title: "Apples",
        params: { game: "apples", score: 20, startedAt: new Date().toISOString() },
        inputs: {
          samples: {
            contentType: "application/json",
            base64: Buffer.from(JSON.stringify(file)).toString("base64"),
          },
        },
      },
      idempotencyKey: randomUUID(),
    });
    const { id } = jobSchema.parse(played);
    await eventually("it is measured", async () => (await phone.job(id)).state === "succeeded");
    const page = await giver.open("/progress");
    await eventually("the session is listed", async () => {
      await look(page, "/progress");
      return (await page.getByLabel("What to look at").count()) > 0;
    });
    await page
      .getByRole("table", { name: /apples · points/ })
      .getByRole("cell", { name: "20", exact: true })
      .waitFor();
    await page.getByLabel("What to look at").selectOption({ index: 1 });
    await page.getByRole("table", { name: /apples · wrist/ }).waitFor();
    await page.close();
  });

  test("a person takes their data along, and ends another session", async () => {
    const page = await giver.open("/account");
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download everything" }).click();
    const saved = await download;
    assert.match(saved.suggestedFilename(), /^reverie-\d{4}-\d\d-\d\d\.json$/);
    assert.ok((await readFile(await saved.path(), "utf8")).includes(mina.email));
    const others = page.getByRole("button", { name: /^Sign out: / });
    await others.first().waitFor();
    const before = await others.count();
    await others.first().click();
    await eventually("it is gone from the list", async () => (await others.count()) === before - 1);
    await page.getByText("this one").waitFor();
    await page.close();
  });

  const giverPages = [
    "/",
    "/send",
    "/line",
    "/library",
    "/family",
    "/account",
    "/days",
    "/progress",
    "/videos",
    "/nothing-here",
  ];
  const recipientPages = ["/", "/family", "/account", "/days", "/visited"];

  test("axe finds nothing on any page, in both languages, light and dark", async () => {
    for (const [browser, paths] of [
      [giver, giverPages],
      [recipient, recipientPages],
    ] as const) {
      const page = await browser.open("/");
      for (const [language, colorScheme] of [
        ["en", "light"],
        ["ko", "dark"],
      ] as const) {
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        await page.evaluate((chosen) => localStorage.setItem("reverie-language", chosen), language);
        for (const path of paths) {
          await look(page, path);
          assert.deepEqual(await faultsOfPage(page), [], `${path} in ${language}, ${colorScheme}`);
        }
      }
      await page.evaluate(() => localStorage.removeItem("reverie-language"));
      await page.close();
    }
  });

  test("nothing is wider than a page of 360 px, with very large text too", async () => {
    const page = await giver.open("/");
    await page.setViewportSize({ width: 360, height: 740 });
    for (const size of ["normal", "larger"]) {
      await page.evaluate((chosen) => localStorage.setItem("reverie-text-size", chosen), size);
      for (const path of giverPages) {
        await look(page, path);
        const wide = await page.evaluate<number>("document.documentElement.scrollWidth");
        assert.ok(wide <= 360, `${path} is ${wide} px wide with ${size} text`);
      }
    }
    await page.evaluate(() => localStorage.removeItem("reverie-text-size"));
    await page.close();
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
    await tabTo(page, "All");
    await page.keyboard.press("ArrowRight");
    assert.equal(await page.getByRole("radio", { name: "Places" }).isChecked(), true);
    await page.getByRole("article", { name: TITLE }).waitFor();
    await tabTo(page, `Rename: ${TITLE}`);
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    await page.close();
  });

  test("two tabs refresh at the same moment, and both stay signed in", async () => {
    const [one, two] = await Promise.all([giver.open("/account"), giver.open("/account")]);
    for (const page of [one, two]) await page.getByText("this one").waitFor();
    // Both tokens are refused now, as when both have expired.
    await Promise.all([one, two].map((page) => page.reload()));
    for (const page of [one, two]) await page.getByText("this one").waitFor();
    await Promise.all([one.close(), two.close()]);
  });

  test("a lost answer and a reload in the middle of a refresh sign no one out", async () => {
    const page = await giver.open("/");
    await page.getByRole("heading", { name: /Good to see you/ }).waitFor();
    const keys: string[] = [];
    const arrived = Promise.withResolvers<void>();
    let lost = 0;
    await page.route("**/v1/auth/tokens", async (route) => {
      keys.push(route.request().headers()["idempotency-key"] ?? "");
      if (lost++ > 0) return route.continue();
      await route.fetch();
      arrived.resolve();
      await route.abort();
    });
    await page.goto("/account");
    await arrived.promise;
    await page.reload();
    await page.getByText("this one").waitFor();
    assert.equal(keys[1], keys[0]);
    await page.close();
  });

  test("sign-out in one tab is seen in the other, and leaves no token in storage", async () => {
    const [one, two] = await Promise.all([giver.open("/account"), giver.open("/library")]);
    await two.getByRole("article").first().waitFor();
    await one.getByRole("button", { name: "Sign out", exact: true }).click();
    for (const page of [one, two]) await page.getByRole("button", { name: "Sign in with Google" }).waitFor();
    const stored = await one.evaluate(STORED);
    assert.deepEqual(stored, [0, 0]);
    await Promise.all([one.close(), two.close()]);
  });

  test("a recipient reads what an erasure will take, and what it took", async () => {
    const page = await recipient.open("/account");
    await page.getByRole("button", { name: "내 계정 지우기" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText(/기억 \d+개/).waitFor();
    assert.equal(await dialog.getByRole("button", { name: "영구히 지우기" }).isDisabled(), true);
    await dialog.getByRole("checkbox").check();
    await dialog.getByRole("button", { name: "영구히 지우기" }).click();
    await page.getByText("계정을 지웠습니다").waitFor();
    await page.getByRole("button", { name: "Google로 로그인" }).waitFor();
    await page.close();
  });

  test("no page had an error, and the Content Security Policy refused nothing", () => {
    // Firestore's library looks with this picture for a network when it can't be reached; it tries again without it all the same.
    const faults = giver.faults.filter(
      (fault) => !fault.includes("https://www.google.com/images/cleardot.gif"),
    );
    assert.deepEqual([...faults, ...recipient.faults], []);
  });
});

async function look(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.locator(".waiting").first().waitFor({ state: "detached" });
}

/** The library's card of a memory, which is listed soon after its job has succeeded. */
async function listed(page: Page, title: string): Promise<Locator> {
  const memory = page.getByRole("article", { name: title });
  await eventually(`${title} is listed`, async () => {
    await look(page, "/library");
    return (await memory.count()) > 0;
  });
  return memory;
}

/** A job of Mina's whose film never comes. */
async function waitingJob(title: string): Promise<{ phone: Phone; id: string }> {
  const phone = await Phone.signIn(cloud, mina);
  const created = await phone.call("POST", "/v1/uploads", { body: { contentType: "video/mp4", size: 1000 } });
  const { id: video } = z.object({ id: z.string() }).parse(created);
  const params = { location: "indoor" };
  const { id } = await phone.submit({ kind: "scene", title, params, inputs: { video } });
  return { phone, id };
}

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

/** Runs in the page: how many records the stores of the session have. */
const STORED = `new Promise((resolve, reject) => {
  const opening = indexedDB.open("reverie-session");
  opening.onerror = () => reject(opening.error);
  opening.onsuccess = () => {
    const db = opening.result;
    const counts = [...db.objectStoreNames].map((name) => new Promise((counted) => {
      const counting = db.transaction(name).objectStore(name).count();
      counting.onsuccess = () => counted(counting.result);
    }));
    resolve(Promise.all(counts));
  };
})`;

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
