/** What was measured as text: `results.json`, tables in `README.md`, and a chart for each measure. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { fileURLToPath } from "node:url";
import type { Listed, Measured, Row } from "./measures/measure.ts";

const RESULTS = fileURLToPath(new URL("./results.json", import.meta.url));
const PAGE = fileURLToPath(new URL("./README.md", import.meta.url));

/** Puts a measure into the results, in place of what an earlier run found, and into the pages. */
export function writeReport(name: string, measured: Measured | Listed): void {
  // Written by this function alone.
  const known: Record<string, unknown> = existsSync(RESULTS) ? JSON.parse(readFileSync(RESULTS, "utf8")) : {};
  const machine = {
    cores: availableParallelism(),
    cpu: cpus()[0]?.model ?? "unknown",
    node: process.version,
  };
  const results = { ...known, [name]: { machine, ...measured } };
  writeFileSync(RESULTS, `${JSON.stringify(results, null, 2)}\n`);
  if ("lines" in measured) {
    const { cores, cpu, node } = machine;
    const on = "data" in measured ? [`Measured on ${cores} cores (${cpu}), Node ${node.slice(1)}.`] : [];
    fillPlace(PAGE, name, [measured.says, ...on, "", tableOf(measured)]);
    for (const { page, ...of } of measured.elsewhere)
      fillPlace(fileURLToPath(new URL(`../${page}`, import.meta.url)), name, [tableOf(of)]);
    return;
  }
  writeFileSync(fileURLToPath(new URL(`./${name}.svg`, import.meta.url)), chart(measured));
  const { cores, cpu, node } = machine;
  fillPlace(PAGE, name, [
    measured.says,
    `Measured on ${cores} cores (${cpu}), Node ${node.slice(1)}.`,
    "",
    table(measured),
    "",
    `![${measured.title}](${name}.svg)`,
  ]);
}

/** Puts lines between the marks of a page. */
function fillPlace(file: string, name: string, lines: readonly string[]): void {
  const page = readFileSync(file, "utf8");
  const place = new RegExp(`(<!-- ${name} -->\\n)[^]*?(<!-- /${name} -->)`);
  if (!place.test(page)) throw new Error(`${file} has no place for ${name}`);
  writeFileSync(
    file,
    page.replace(place, (_all, before, after) => `${before}${lines.join("\n")}\n${after}`),
  );
}

/** A measure for a terminal. */
export function printed(measured: Measured | Listed): string {
  const shown =
    "lines" in measured ? [measured, ...measured.elsewhere].map(tableOf).join("\n\n") : table(measured);
  return [measured.title, measured.says, shown, ""].join("\n");
}

function tableOf({ head, lines }: Pick<Listed, "head" | "lines">): string {
  return [head, head.map(() => "---"), ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function table({ rows }: Measured): string {
  const columns = [...new Set(rows.flatMap(({ also }) => Object.keys(also ?? {})))];
  const head = ["", "ratio", "10 % to 90 %", "goal", ...columns];
  const lines = rows.map((row) => [
    row.name,
    String(row.ratio),
    row.spread.join(" to "),
    goalOf(row),
    ...columns.map((column) => String(row.also?.[column] ?? "")),
  ]);
  return tableOf({ head, lines });
}

function goalOf({ goal }: Row): string {
  if (goal === undefined) return "";
  return "atMost" in goal ? `≤ ${goal.atMost}` : `≥ ${goal.atLeast}`;
}

const ROW_HEIGHT = 24;
const NAME_WIDTH = 210;
const BAR_WIDTH = 460;

/** Bars of the ratios with their spread, and a mark at each goal. */
function chart({ title, reference, rows }: Measured): string {
  const most = Math.max(...rows.map(({ spread, ratio }) => Math.max(spread[1], ratio)), 1);
  const at = (value: number) => NAME_WIDTH + (value / most) * BAR_WIDTH;
  const height = (rows.length + 2) * ROW_HEIGHT;
  const bars = rows.flatMap((row, index) => {
    const top = (index + 1.5) * ROW_HEIGHT;
    const middle = top + ROW_HEIGHT / 2 - 3;
    const goal = row.goal && ("atMost" in row.goal ? row.goal.atMost : row.goal.atLeast);
    return [
      `<text x="${NAME_WIDTH - 8}" y="${middle + 4}" text-anchor="end">${escaped(row.name)}</text>`,
      `<rect x="${NAME_WIDTH}" y="${top}" width="${(at(row.ratio) - NAME_WIDTH).toFixed(1)}" height="${ROW_HEIGHT - 6}" fill="#4c78a8"/>`,
      `<line x1="${at(row.spread[0]).toFixed(1)}" x2="${at(row.spread[1]).toFixed(1)}" y1="${middle}" y2="${middle}" stroke="#1b2a3a" stroke-width="2"/>`,
      ...(goal === undefined
        ? []
        : [
            `<line x1="${at(goal).toFixed(1)}" x2="${at(goal).toFixed(1)}" y1="${top - 2}" y2="${top + ROW_HEIGHT - 4}" stroke="#e45756" stroke-width="2"/>`,
          ]),
      `<text x="${(at(Math.max(row.ratio, row.spread[1])) + 6).toFixed(1)}" y="${middle + 4}">${row.ratio}</text>`,
    ];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${NAME_WIDTH + BAR_WIDTH + 70}" height="${height}" font-family="sans-serif" font-size="12">`,
    `<title>${escaped(title)}</title>`,
    '<rect width="100%" height="100%" fill="#ffffff"/>',
    `<text x="8" y="18" font-weight="bold">${escaped(title)} ÷ ${escaped(reference)}; the thin line is the spread, red is the goal</text>`,
    ...bars,
    "</svg>",
    "",
  ].join("\n");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
