/**
 * `npm run deployment` writes what Terraform reads; with `--check` it says what is wrong with the files of a deployment; with `--released`
 * it writes down that the migrations and grants as they are now are what runs.
 */
import { releaseProblems, writeReleased } from "../migrations/released.ts";
import { cloudBuildProblems } from "./cloudBuild.ts";
import { deploymentFileProblems, writeDeploymentFiles } from "./deploymentFile.ts";
import { firebaseJsonProblems } from "./firebaseSchema.ts";

if (process.argv.includes("--check")) {
  const problems = [
    ...deploymentFileProblems(),
    ...cloudBuildProblems(),
    ...firebaseJsonProblems(),
    ...(await releaseProblems()),
  ];
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length > 0 ? 1 : 0;
} else if (process.argv.includes("--released")) {
  await writeReleased();
} else {
  writeDeploymentFiles();
}
