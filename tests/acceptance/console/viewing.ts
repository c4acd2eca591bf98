/** What the tests of the viewer share: samples to look at, and a browser that draws them. */
import { randomBytes } from "node:crypto";
import type { Locator, Page } from "playwright-core";
import type { Phone } from "#local/demo/phone/phone.ts";
import type { Endpoints } from "../cloud.ts";
import { type Browser, openBrowser, signIn } from "./browser.ts";
import { headsetScript } from "./drawing.ts";
import { addSamples, type Sample } from "./samples.ts";
import { enrolGiver, newPeople } from "./world.ts";

/** A figure or a scene by the name that tests give it. */
export interface Model {
  readonly kind: Sample["kind"];
  /** The file that is opened, and what lies beside it. */
  readonly model: string;
  readonly files: Sample["files"];
}

export interface Viewing {
  readonly browser: Browser;
  /** Who is signed in. */
  readonly giver: Phone;
  idOf(name: string): string;
  /** As the library has it. */
  titleOf(name: string): string;
  look(name: string): Promise<{ readonly page: Page; readonly canvas: Locator }>;
  /** @returns the id of a VR video of a scene and figures, two metres in front of where one stands */
  makeVideo(scene: string, avatars: readonly string[]): Promise<string>;
  /** Pages that a failed test has left open would go on drawing. */
  closePages(): Promise<void>;
}

export async function openViewing(
  cloud: Endpoints,
  models: Readonly<Record<string, Model>>,
): Promise<Viewing> {
  const { mina } = newPeople();
  const run = randomBytes(4).toString("hex");
  const nameOf = (name: string) => `${name.toLowerCase().replaceAll(" ", "-")}-${run}`;
  const titleOf = (name: string) => `${name} ${run}`;
  const browser = await openBrowser(cloud.api, { draws: true, script: headsetScript() });
  try {
    const [giver, ids] = await Promise.all([
      enrolGiver(cloud, mina),
      addSamples(
        cloud,
        Object.entries(models).map(([name, model]) => ({
          ...model,
          name: nameOf(name),
          title: titleOf(name),
        })),
      ),
    ]);
    const page = await browser.open("/videos");
    await signIn(page, mina);
    await page.close();
    const idOf = (name: string) => {
      const id = ids.get(nameOf(name));
      if (id === undefined) throw new Error(`there is no sample ${name}`);
      return id;
    };
    return {
      browser,
      giver,
      idOf,
      titleOf,
      async look(name) {
        const opened = await browser.open(`/look/${idOf(name)}`);
        return { page: opened, canvas: opened.locator("canvas") };
      },
      async makeVideo(scene, avatars) {
        const transform = { position: [0, 0, -2], rotation: [0, 0, 0, 1], scale: [1, 1, 1] };
        const made = await giver.call("POST", "/v1/vr-videos", {
          body: {
            title: "A visit",
            scene: { resourceId: idOf(scene), transform: { ...transform, position: [0, 0, 0] } },
            avatars: avatars.map((name) => ({ resourceId: idOf(name), transform })),
          },
        });
        return String(made?.id);
      },
      async closePages() {
        const [, ...pages] = browser.context.pages();
        await Promise.all(pages.map((each) => each.close()));
      },
    };
  } catch (error) {
    await browser.close();
    throw error;
  }
}

/** One file of a name. */
export function oneFile(name: string, bytes: Uint8Array): Sample["files"] {
  return new Map([[name, bytes]]);
}

/** Waits until what is looked at is drawn. */
export async function isDrawn(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Back to the start" }).waitFor();
}

/** Tries until it holds; the deadline only ends a test that would never end. */
export async function assertSoon(check: () => Promise<void>): Promise<void> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    try {
      await check();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
  }
}
