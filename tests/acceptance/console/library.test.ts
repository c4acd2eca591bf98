/** The memories of a person's spaces in the console, as they come, are renamed and go. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { z } from "zod";
import type { EngineClient } from "#engine/kit/client.ts";
import { Phone } from "#local/demo/phone/phone.ts";
import { endpoints } from "../cloud.ts";
import { completeNext, eventually, mp4 } from "../tools.ts";
import { faultsOfPage } from "./axe.ts";
import { type Browser, openBrowser, signIn, withoutBrowser } from "./browser.ts";
import {
  engineByHand,
  enrolGiver,
  join,
  listed,
  look,
  makeScene,
  newPeople,
  realFaults,
  spaceOf,
  submitScene,
  walkTo,
  withoutFirestore,
} from "./world.ts";

const cloud = endpoints();
const { mina, oma } = newPeople();
const TITLE = "Grandmother's garden";
const jobsSchema = z.object({ items: z.array(z.object({ id: z.string(), title: z.string() })) });

describe("memories", { skip: withoutBrowser }, () => {
  let giver: Browser;
  let phone: Phone;
  let recipientPhone: Phone;
  let engine: EngineClient;
  /** Made before there was a group. */
  let mineId: string;

  before(async () => {
    engine = engineByHand(cloud);
    [giver, phone, recipientPhone] = await Promise.all([
      openBrowser(cloud.api),
      enrolGiver(cloud, mina),
      Phone.signIn(cloud, oma),
    ]);
    await recipientPhone.enrol("care_recipient");
    mineId = await makeScene(phone, engine, "Only mine");
    const page = await giver.open("/library");
    await signIn(page, mina);
    await page.close();
  });
  after(() => giver?.close());

  test("who is in one space has nothing to choose, and sends what is theirs alone", async () => {
    const page = await giver.open("/send");
    await page.getByText(/What you send now is yours alone/).waitFor();
    assert.deepEqual(await faultsOfPage(page), []);
    await listed(page, "Only mine");
    assert.equal(await page.getByLabel("Shared with").count(), 0);
    await page.close();
  });

  test("after joining a group one chooses whose things are shown; the address says so", async () => {
    await join(cloud, phone, recipientPhone);
    await makeScene(phone, engine, TITLE);
    const [ours, mine] = await Promise.all([spaceOf(phone, "care"), spaceOf(phone, "personal")]);
    const page = await giver.open("/library");
    await page.getByRole("article", { name: TITLE }).waitFor();
    const choice = page.getByLabel("Shared with");
    assert.equal(await choice.inputValue(), ours);
    assert.equal(await page.getByRole("article", { name: "Only mine" }).count(), 0);

    await choice.selectOption({ label: "Only me" });
    await page.getByRole("article", { name: "Only mine" }).waitFor();
    assert.equal(await page.getByRole("article", { name: TITLE }).count(), 0);
    assert.equal(page.url(), `${cloud.api}/library?space=${mine}`);
    await page.reload();
    await page.getByRole("article", { name: "Only mine" }).waitFor();
    assert.equal(await choice.inputValue(), mine);

    // The choice is remembered from page to page, and the address of each names it.
    await page.getByRole("link", { name: "In progress" }).click();
    await page.getByRole("article", { name: "Only mine" }).waitFor();
    assert.equal(page.url(), `${cloud.api}/line?space=${mine}`);
    await page.getByRole("link", { name: "VR videos" }).click();
    await page.waitForURL(`**/videos?space=${mine}`);
    await page.getByText("There is no VR video yet.").waitFor();
    assert.equal(await choice.inputValue(), mine);

    // A link to another space shows that one; what the API means by itself needs no name in the address.
    await look(page, `/library?space=${ours}`);
    await page.getByRole("article", { name: TITLE }).waitFor();
    await page.waitForURL(`${cloud.api}/library`);
    await page.goBack();
    // A space that the person isn't in counts for nothing.
    await look(page, "/library?space=aaaaaaaaaaaaaaaaaaaaaaaaaa");
    await page.getByRole("article", { name: TITLE }).waitFor();
    await page.waitForURL(`${cloud.api}/library`);
    // One thing is opened by its address alone.
    await look(page, `/look/${mineId}`);
    await page.getByRole("heading", { level: 1, name: "Only mine" }).waitFor();
    await page.close();
  });

  test("what is sent belongs to the space that is chosen when it is sent", async () => {
    const mine = await spaceOf(phone, "personal");
    const page = await giver.open(`/send?space=${mine}`);
    await page.getByText("No one else sees it.").waitFor();
    await page
      .locator("input[data-role=video]")
      .first()
      .setInputFiles(await mp4());
    await page.getByLabel("What is this place called?").fill("Secret");
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await page.waitForURL(`**/line?space=${mine}`);
    await page.getByRole("article", { name: "Secret" }).waitFor();
    const jobs = await phone.call("GET", `/v1/jobs?spaceId=${mine}`);
    const secret = jobsSchema.parse(jobs).items.find(({ title }) => title === "Secret");
    // An engine would be given it before what the next tests make.
    await completeNext(engine, "scene", secret?.id ?? assert.fail("the space has no such job"));
    // The next tests are about the family's.
    await page.getByLabel("Shared with").selectOption({ label: "Our family" });
    await page.waitForURL(`${cloud.api}/line`);
    await page.close();
  });

  test("a memory comes into the list by itself; focus and scroll stay", async () => {
    const id = await submitScene(phone, "Just ready");
    const page = await giver.open("/");
    await page.setViewportSize({ width: 360, height: 500 });
    await look(page, "/library");
    const before = page.getByRole("article", { name: TITLE });
    const rename = before.getByRole("button", { name: `Rename: ${TITLE}` });
    await rename.focus();
    await rename.scrollIntoViewIfNeeded();
    const place = await rename.boundingBox();
    await completeNext(engine, "scene", id);
    await page.getByRole("article", { name: "Just ready" }).waitFor();
    await page.getByRole("status").getByText("New here: Just ready").waitFor();
    assert.equal(await rename.and(page.locator(":focus")).count(), 1);
    assert.ok(Math.abs(((await rename.boundingBox())?.y ?? 0) - (place?.y ?? 0)) < 2, "it has moved");
    // What the next search finds is said then.
    await page.getByLabel("Search by title").fill("just rea");
    await page.getByRole("status").getByText("One memory").waitFor();
    await page.close();
  });

  test("without Firestore a memory comes by the change log", async () => {
    const id = await submitScene(phone, "By the log");
    const page = await giver.context.newPage();
    const refused = await withoutFirestore(page);
    await page.clock.install();
    await page.goto("/library");
    await page.getByRole("article", { name: TITLE }).waitFor();
    await completeNext(engine, "scene", id);
    const memory = page.getByRole("article", { name: "By the log" });
    await eventually("it came", async () => {
      await page.clock.runFor(10_500);
      return (await memory.count()) > 0;
    });
    assert.ok(refused() > 0, "the page tried to listen");
    await page.close();
  });

  test("more of a list that is no longer shown is not put into the one that is", async () => {
    const page = await giver.context.newPage();
    const asked = Promise.withResolvers<void>();
    const shown = Promise.withResolvers<void>();
    await page.route("**/v1/resources?*", async (route) => {
      const query = new URL(route.request().url()).searchParams;
      if (query.has("cursor")) {
        asked.resolve();
        await shown.promise;
        return route.fulfill({ json: { items: [], nextCursor: null } });
      }
      const response = await route.fetch();
      const list = z.looseObject({}).parse(await response.json());
      await route.fulfill({ response, json: { ...list, nextCursor: query.has("q") ? null : "more" } });
    });
    await look(page, "/library");
    await page.getByRole("button", { name: "Show more" }).click();
    await asked.promise;
    await page.getByLabel("Search by title").fill("by the l");
    await page.getByRole("status").getByText("One memory").waitFor();
    const late = page.waitForResponse((response) => response.url().includes("cursor="));
    shown.resolve();
    await (await late).finished();
    // By then the page has done what it does with the answer.
    await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
    assert.deepEqual(await page.getByRole("article").count(), 1);
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
    const id = (await memory.getByRole("link").getAttribute("href"))?.split("/").pop() ?? "";
    const saved = await fetch(`${cloud.api}/v1/resources/${id}`, {
      method: "PATCH",
      headers: {
        authorization: `Bearer ${phone.accessToken}`,
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
  test("after a rename, with a change or without one, the focus is where it was", async () => {
    const page = await giver.open("/");
    const memory = await listed(page, TITLE);
    const rename = memory.getByRole("button", { name: `Rename: ${TITLE}` });
    const dialog = page.getByRole("dialog", { name: "Rename this memory" });
    for (const leave of ["Save", "Cancel"]) {
      await rename.click();
      await dialog.getByLabel("New title").waitFor();
      await dialog.getByRole("button", { name: leave }).click();
      await dialog.waitFor({ state: "detached" });
      assert.equal(await rename.and(page.locator(":focus")).count(), 1, leave);
    }
    await page.close();
  });
  test("a memory's tile fits a screen of 360 px, with very large text too", async () => {
    const page = await giver.open("/");
    await page.setViewportSize({ width: 360, height: 740 });
    const memory = await listed(page, TITLE);
    await page.evaluate("document.documentElement.dataset.text = 'larger'");
    assert.equal(await page.evaluate("document.documentElement.scrollWidth"), 360);
    const { right } = await memory
      .getByRole("button", { name: /^Delete/ })
      .evaluate((button) => button.getBoundingClientRect());
    assert.ok(right <= 360, `its last button ends at ${right} px`);
    await page.close();
  });
  test("a memory is deleted once that was confirmed", async () => {
    const page = await giver.open("/library");
    const memory = await listed(page, "Just ready");
    await memory.getByRole("button", { name: "Delete: Just ready" }).click();
    const dialog = page.getByRole("dialog", { name: "Delete Just ready?" });
    assert.deepEqual(await faultsOfPage(page), []);
    await dialog.getByRole("button", { name: "Delete", exact: true }).click();
    await memory.waitFor({ state: "detached" });
    await page.reload();
    await page.getByRole("article", { name: TITLE }).waitFor();
    assert.equal(await memory.count(), 0);
    await page.close();
  });
  test("who leaves the group goes on with what is theirs alone", async () => {
    const page = await giver.open("/family");
    await page.getByRole("button", { name: "Leave" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Leave" }).click();
    await page.getByLabel("Their e-mail address").waitFor();
    await walkTo(page, "/videos/new");
    await page.getByRole("button", { name: "Choose Only mine" }).waitFor();
    await page.close();
  });

  test("no page had an error, and the Content Security Policy refused nothing", () => {
    assert.deepEqual(realFaults(giver.faults), []);
  });
});
