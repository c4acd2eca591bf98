import { checks } from "./checks.ts";
import type { Finding, World } from "./world.ts";

/** Makes every check, one after the other. One that breaks is a finding itself and stops no other. */
export async function examine(world: World): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const [check, { about, look }] of Object.entries(checks)) {
    try {
      const { problems, well } = await look(world);
      if (problems.length === 0) findings.push({ check, about, ok: true, sentence: sentenceOf(well) });
      else
        findings.push(
          ...problems.map((problem) => ({ check, about, ok: false, sentence: sentenceOf(problem) })),
        );
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      findings.push({
        check,
        about,
        ok: false,
        sentence: sentenceOf(`this could not be looked at (${why})`),
      });
    }
  }
  return findings;
}

/** With a full stop, and without a capital: most begin with a name. */
function sentenceOf(text: string): string {
  return /[.?]$/.test(text) ? text : `${text}.`;
}
