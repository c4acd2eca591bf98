/** Signing in and out in the console, and the session that all tabs share. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { ProblemError } from "#local/demo/phone/api.ts";
import type { Phone } from "#local/demo/phone/phone.ts";
import { endpoints } from "../cloud.ts";
import { faultsOfPage } from "./axe.ts";
import { type Browser, openBrowser, signIn, withoutBrowser } from "./browser.ts";
import { enrolGiver, newPeople, realFaults, spaceOf } from "./world.ts";

const cloud = endpoints();
const { mina, oma } = newPeople();

describe("the session", { skip: withoutBrowser }, () => {
  let giver: Browser;
  let recipient: Browser;
  let phone: Phone;

  before(async () => {
    [giver, recipient, phone] = await Promise.all([
      openBrowser(cloud.api),
      openBrowser(cloud.api, { locale: "ko-KR", viewport: { width: 360, height: 740 } }),
      enrolGiver(cloud, mina),
    ]);
  });
  after(() => Promise.all([giver?.close(), recipient?.close()]));

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
  test("signing in leads back to the address that was asked for, with its space", async () => {
    const mine = await spaceOf(phone, "personal");
    const page = await giver.open(`/account?space=${mine}`);
    await signIn(page, mina);
    assert.equal(page.url(), `${cloud.api}/account?space=${mine}`);
    await page.getByText("this one").waitFor();
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
    const [one, two] = await Promise.all([giver.open("/account"), giver.open("/family")]);
    await two.getByLabel("Their e-mail address").waitFor();
    await one.getByRole("button", { name: "Sign out", exact: true }).click();
    for (const page of [one, two]) await page.getByRole("button", { name: "Sign in with Google" }).waitFor();
    const stored = await one.evaluate(STORED);
    assert.deepEqual(stored, [0, 0]);
    await Promise.all([one.close(), two.close()]);
  });
  test("signing out everywhere ends the sessions of other devices too", async () => {
    const page = await giver.open("/account");
    await signIn(page, mina);
    await page.getByText("this one").waitFor();
    await page.getByRole("button", { name: "Sign out everywhere" }).click();
    await page.getByRole("button", { name: "Sign in with Google" }).waitFor();
    assert.deepEqual(await page.evaluate(STORED), [0, 0]);
    await assert.rejects(phone.refresh(), (error) => error instanceof ProblemError && error.status === 401);
    await page.close();
  });

  test("no page had an error, and the Content Security Policy refused nothing", () => {
    assert.deepEqual(realFaults([...giver.faults, ...recipient.faults]), []);
  });
});

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
