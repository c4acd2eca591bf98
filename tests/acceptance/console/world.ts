/** What the tests of the console share: people with their phones, an engine whose moves are made by hand, and ways to wait for a page. */
import { randomBytes } from "node:crypto";
import type { Locator, Page } from "playwright-core";
import { z } from "zod";
import { EngineClient } from "#engine/kit/client.ts";
import { serviceAccountTokens } from "#engine/kit/idToken.ts";
import { mailedCode, Phone } from "#local/demo/phone/phone.ts";
import type { Endpoints } from "../cloud.ts";
import { completeNext, eventually, mp4 } from "../tools.ts";

export interface Person {
  readonly email: string;
  readonly name: string;
}

/** A giver and a recipient with addresses of their own. */
export function newPeople(): { readonly mina: Person; readonly oma: Person } {
  const run = randomBytes(4).toString("hex");
  return {
    mina: { email: `mina-${run}@example.com`, name: "Mina" },
    oma: { email: `oma-${run}@example.com`, name: "Oma" },
  };
}

/** A giver by their phone, who is in no group. */
export async function enrolGiver(cloud: Endpoints, person: Person): Promise<Phone> {
  const giver = await Phone.signIn(cloud, person);
  await giver.enrol("care_giver", { language: "en", timeZone: "Asia/Seoul" });
  return giver;
}

/** Makes a care group of two, by the first code that is mailed to the recipient. */
export async function join(cloud: Endpoints, giver: Phone, recipient: Phone): Promise<void> {
  const invitation = await giver.invite(recipient.email);
  await giver.confirm(invitation, await mailedCode(cloud.mail, recipient.email));
}

/** A care group by its phones. */
export async function makeFamily(
  cloud: Endpoints,
  { mina, oma }: { readonly mina: Person; readonly oma: Person },
): Promise<{ readonly giver: Phone; readonly recipient: Phone }> {
  const [giver, recipient] = await Promise.all([enrolGiver(cloud, mina), Phone.signIn(cloud, oma)]);
  await recipient.enrol("care_recipient", { language: "ko", timeZone: "Asia/Seoul" });
  await join(cloud, giver, recipient);
  return { giver, recipient };
}

const spacesSchema = z.object({ items: z.array(z.object({ id: z.string(), type: z.string() })) });

/** The id of a person's space of this type. */
export async function spaceOf(phone: Phone, type: "care" | "personal"): Promise<string> {
  const { items } = spacesSchema.parse(await phone.call("GET", "/v1/spaces"));
  return items.find((space) => space.type === type)?.id ?? "";
}

/** An engine without a process: each lease is asked for, and ended, by the test. */
export function engineByHand(cloud: Endpoints): EngineClient {
  const { api, engineKeyFile: keyFile } = cloud;
  return new EngineClient(api, serviceAccountTokens({ keyFile, audience: api, clock: () => new Date() }));
}

/** A job with its film, which waits for an engine. @returns its id */
export async function submitScene(phone: Phone, title: string): Promise<string> {
  const video = await phone.upload(await mp4(), "video/mp4");
  const { id } = await phone.submit({
    kind: "scene",
    title,
    params: { location: "indoor" },
    inputs: { video },
  });
  return id;
}

/** A place that is ready, in the space that the API means for the person. @returns the resource's id */
export async function makeScene(phone: Phone, engine: EngineClient, title: string): Promise<string> {
  const id = await submitScene(phone, title);
  await completeNext(engine, "scene", id);
  let resourceId = "";
  await eventually(`${title} is ready`, async () => {
    resourceId = (await phone.job(id)).resourceId ?? "";
    return (await phone.resource(resourceId)) !== undefined;
  });
  return resourceId;
}

/** A job whose film never comes. @returns its id */
export async function waitingJob(phone: Phone, title: string): Promise<string> {
  const created = await phone.call("POST", "/v1/uploads", { body: { contentType: "video/mp4", size: 1000 } });
  const { id: video } = z.object({ id: z.string() }).parse(created);
  const params = { location: "indoor" };
  const { id } = await phone.submit({ kind: "scene", title, params, inputs: { video } });
  return id;
}

/** Loads an address, and waits until its page has what it shows. */
export async function look(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await shown(page);
}

/** Goes to another page of the console as a link in it does, without loading the console again. */
export async function walkTo(page: Page, path: string): Promise<void> {
  const here = new URL(page.url());
  // No link leads from a page to the same one.
  if (new URL(path, here).pathname === here.pathname) return look(page, path);
  // The next page has a heading of its own.
  await page.evaluate(`{
    for (const heading of document.querySelectorAll("h1")) heading.setAttribute("data-before", "");
    history.pushState(null, "", ${JSON.stringify(path)});
    dispatchEvent(new PopStateEvent("popstate"));
  }`);
  await page.locator("h1:not([data-before])").waitFor();
  await shown(page);
}

async function shown(page: Page): Promise<void> {
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.locator(".waiting").first().waitFor({ state: "detached" });
}

/** The library's card of a memory. */
export async function listed(page: Page, title: string): Promise<Locator> {
  await look(page, "/library");
  const memory = page.getByRole("article", { name: title });
  await memory.waitFor();
  return memory;
}

/** Cuts a page off from Firestore. @returns how often it has tried to reach it */
export async function withoutFirestore(page: Page): Promise<() => number> {
  let refused = 0;
  await page.route("**/google.firestore.v1.Firestore/**", (route) => {
    refused++;
    return route.abort();
  });
  return () => refused;
}

/** Errors of pages, without what Firestore's library does on purpose. */
export function realFaults(faults: readonly string[]): string[] {
  // With this picture it looks for a network when it can't be reached; it tries again without it all the same.
  return faults.filter((fault) => !fault.includes("https://www.google.com/images/cleardot.gif"));
}
