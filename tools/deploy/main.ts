/** `npm run deployment` writes what Terraform reads; with `--check` it says what is wrong with the files of a deployment. */
import { deploymentFileProblems, writeDeploymentFiles } from "./deploymentFile.ts";

if (process.argv.includes("--check")) {
  const problems = deploymentFileProblems();
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length > 0 ? 1 : 0;
} else {
  writeDeploymentFiles();
}
