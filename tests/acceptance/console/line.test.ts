/** The line of the console: jobs as they change, with a listener and without. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { EngineClient } from "#engine/kit/client.ts";
import type { Phone } from "#local/demo/phone/phone.ts";
import { endpoints } from "../cloud.ts";
import { completeNext, leaseJob } from "../tools.ts";
import { type Browser, openBrowser, signIn, withoutBrowser } from "./browser.ts";
import {
  engineByHand,
  enrolGiver,
  newPeople,
  realFaults,
  submitScene,
  waitingJob,
  withoutFirestore,
} from "./world.ts";

const cloud = endpoints();
const { mina } = newPeople();

describe("the line", { skip: withoutBrowser }, () => {
  let giver: Browser;
  let phone: Phone;
  let engine: EngineClient;

  before(async () => {
    engine = engineByHand(cloud);
    [giver, phone] = await Promise.all([openBrowser(cloud.api), enrolGiver(cloud, mina)]);
    const page = await giver.open("/line");
    await signIn(page, mina);
    await page.close();
  });
  after(() => giver?.close());

  test("a job is cancelled in the line, and started again from there", async () => {
    await waitingJob(phone, "Waits for a film");
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
  test("a job that failed says why, is tried again, and becomes a place", async () => {
    const id = await submitScene(phone, "At the second try");
    const page = await giver.open("/line");
    const card = page.getByRole("article", { name: "At the second try" });
    await card.getByText("In line", { exact: true }).waitFor();
    // An engine that fails is given less for a while; the one by hand is also that of other tests.
    const { leaseId } = await leaseJob(engine, "scene", id, { engineId: `fails-${id.slice(0, 8)}` });
    await card.getByText("Being built").waitFor();
    await engine.renew(leaseId, { progress: 0.4, stage: "building", leaseSeconds: 60 });
    await card
      .getByRole("progressbar", { name: /At the second try/ })
      .and(page.locator("[aria-valuenow='40']"))
      .waitFor();
    await engine.fail(leaseId, {
      code: "no_structure",
      message: "the film shows only a wall",
      retryable: false,
    });
    await card.getByText("Did not work").waitFor();
    assert.notEqual(await card.getByRole("alert").textContent(), "");
    await card.getByRole("button", { name: "Try again" }).click();
    await card.getByText("In line", { exact: true }).waitFor();
    assert.equal(await card.getByRole("alert").count(), 0);
    await completeNext(engine, "scene", id);
    await card.getByRole("link", { name: "Step in" }).waitFor();
    await page.close();
  });

  test("the line moves by the change log where Firestore can't be reached", async () => {
    const id = await waitingJob(phone, "Without a listener");
    const page = await giver.open("/account");
    const refused = await withoutFirestore(page);
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
    assert.ok(refused() > 0, "the page tried to listen");
    await page.close();
  });
  test("without a listener another device's job is found within twenty seconds", async () => {
    const page = await giver.context.newPage();
    await withoutFirestore(page);
    await page.clock.install();
    await page.goto("/line");
    await page.getByText("Done lately").waitFor();
    const id = await waitingJob(phone, "From another device");
    await page.clock.runFor(20_500);
    const card = page.getByRole("article", { name: "From another device" });
    await card.waitFor();
    await phone.call("POST", `/v1/jobs/${id}/cancel`);
    await page.clock.runFor(10_500);
    await card.getByText("Cancelled").waitFor();
    await page.close();
  });

  test("no page had an error, and the Content Security Policy refused nothing", () => {
    assert.deepEqual(realFaults(giver.faults), []);
  });
});
