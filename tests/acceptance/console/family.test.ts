/** Two people and what they share, in the console: joining, visiting, games, and what is left when one goes. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import type { EngineClient } from "#engine/kit/client.ts";
import { recording } from "#engine/session/recording.ts";
import { jobSchema, mailedCode, Phone } from "#local/demo/phone/phone.ts";
import { endpoints } from "../cloud.ts";
import { eventually } from "../tools.ts";
import { faultsOfPage } from "./axe.ts";
import { type Browser, openBrowser, signInAll, withoutBrowser } from "./browser.ts";
import { engineByHand, enrolGiver, look, makeScene, newPeople, realFaults } from "./world.ts";

const cloud = endpoints();
const { mina, oma } = newPeople();
const TITLE = "Grandmother's garden";

describe("a family", { skip: withoutBrowser }, () => {
  let giver: Browser;
  let recipient: Browser;
  let minaPhone: Phone;
  let omaPhone: Phone;
  let engine: EngineClient;

  before(async () => {
    engine = engineByHand(cloud);
    [giver, recipient, minaPhone, omaPhone] = await Promise.all([
      openBrowser(cloud.api),
      openBrowser(cloud.api, { locale: "ko-KR", viewport: { width: 360, height: 740 } }),
      enrolGiver(cloud, mina),
      Phone.signIn(cloud, oma),
    ]);
    await omaPhone.enrol("care_recipient", { language: "ko", timeZone: "Asia/Seoul" });
    await makeScene(minaPhone, engine, "Only mine");
    await signInAll([
      [giver, mina],
      [recipient, oma],
    ]);
  });
  after(() => Promise.all([giver?.close(), recipient?.close()]));

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
  test("a recipient visits a memory, finishes, and finds the day in the calendar", async () => {
    await makeScene(minaPhone, engine, TITLE);
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
    await page.getByRole("heading", { level: 1, name: "다녀오셔서 참 좋습니다" }).waitFor();
    await page.close();
  });
  test("a recipient is thanked for no visit where there is nothing to visit", async () => {
    const nowhere = "aaaaaaaaaaaaaaaaaaaaaaaaaa";
    const page = await recipient.open("/");
    for (const path of [`/look/${nowhere}`, `/videos/${nowhere}`]) {
      await look(page, path);
      await page.getByRole("alert").getByRole("link", { name: "다른 기억 찾아가기" }).waitFor();
      assert.equal(await page.getByRole("link", { name: "다 둘러보았어요" }).count(), 0);
    }
    await page.close();
  });
  test("a giver, who makes no visit, is not thanked for one", async () => {
    const page = await giver.open("/visited");
    await page.getByRole("alert").waitFor();
    assert.equal(await page.getByRole("heading", { level: 1 }).textContent(), "Your visit");
    await page.close();
  });
  test("a giver sees how the recipient's movements in games change", async () => {
    const { file } = recording({ repetitions: 6, rate: 50 });
    const played = await omaPhone.call("POST", "/v1/jobs", {
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
    await eventually("it is measured", async () => (await omaPhone.job(id)).state === "succeeded");
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
  test("a giver reads what an erasure will take of theirs; the family keeps the rest", async () => {
    const page = await giver.open("/account");
    await page.getByRole("button", { name: "Erase my account" }).click();
    const dialog = page.getByRole("dialog");
    // The family's place is not counted.
    await dialog.getByText("1 memory", { exact: true }).waitFor();
    assert.deepEqual(await faultsOfPage(page), []);
    await dialog.getByRole("checkbox").check();
    await dialog.getByRole("button", { name: "Erase for good" }).click();
    await page.getByText("Your account is erased").waitFor();
    await page.getByText("1 memory", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Sign in with Google" }).waitFor();
    const left = await recipient.open("/");
    await left.getByRole("heading", { level: 2, name: TITLE }).waitFor();
    await Promise.all([page.close(), left.close()]);
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
    assert.deepEqual(realFaults([...giver.faults, ...recipient.faults]), []);
  });
});
