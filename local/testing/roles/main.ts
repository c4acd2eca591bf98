/**
 * `npm run roles`: takes each role of each account out in turn, and prints the call that fails then. Fails when a role is needed by nothing, and
 * when one is missing.
 */
import { missingRoles, resourceText, roleTable } from "./table.ts";
import { openRolesWorld } from "./world.ts";

const world = await openRolesWorld();
try {
  const rows = await roleTable(world);
  console.log("| account | role | on | what fails without it | words |\n| --- | --- | --- | --- | --- |");
  for (const { account, grant, fails, shownBy } of rows) {
    const cells = [
      account,
      grant.role,
      resourceText(grant.on),
      fails === undefined ? "**nothing**" : fails.call,
      `${fails?.words ?? ""}${shownBy === "comparison" ? " (compared)" : ""}`,
    ];
    console.log(`| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`);
  }
  const unneeded = rows.filter(({ fails }) => fails === undefined).length;
  console.log(`\n${rows.length} roles, ${unneeded} of them needed by nothing`);
  const missing = await missingRoles(world);
  console.log(
    missing.length === 0 ? "No role is missing." : ["Refused with all roles:", ...missing].join("\n"),
  );
  process.exitCode = unneeded + missing.length > 0 ? 1 : 0;
} finally {
  await world.close();
}
