/** axe-core in a page: what of WCAG 2.2 AA it finds broken. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";

const source = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** A line for each rule that is broken, with the elements. */
export async function faultsOfPage(page: Page): Promise<string[]> {
  // Through the debugger's protocol, since the page's own policy allows no script from outside.
  await page.evaluate(source);
  const results = await page.evaluate(async (tags) => {
    // The script above has put it there.
    const { axe } = globalThis as unknown as { axe: { run(options: object): Promise<AxeResults> } };
    return axe.run({ runOnly: { type: "tag", values: tags } });
  }, TAGS);
  return results.violations.map(
    ({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`,
  );
}
