import { policyInFile } from "../iam/policy.ts";
import { tasksConfigSchema } from "./config.ts";
import { idTokensFromIam } from "./idToken.ts";
import { startTasks } from "./server.ts";

/*
 * The stand-in as a process of its own: `node local/standins/tasks/main.ts '<json>'`, or the JSON in TASKS_CONFIG. Logs JSON lines on
 * standard output; the one with the event `listening` says that it is ready, and the port. Ends on SIGTERM and SIGINT, and with
 * the process that started it if that one opened an IPC channel.
 */

const log = (event: string, fields: Record<string, string | number>): void => {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), event, ...fields })}\n`);
};

try {
  const text = process.argv[2] ?? process.env.TASKS_CONFIG ?? "";
  const { iamEndpoint, metadataEndpoint, access, ...config } = tasksConfigSchema.parse(JSON.parse(text));
  const tasks = await startTasks({
    ...config,
    ...(access === undefined ? {} : { access: { ...access, policy: policyInFile(access.policyFile) } }),
    mintIdToken: idTokensFromIam(iamEndpoint, metadataEndpoint),
    log,
  });
  const stop = () => void tasks.close().then(() => process.exit(0));
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  if (process.connected) process.once("disconnect", stop);
  log("listening", { port: tasks.port });
} catch (error) {
  process.stderr.write(
    `The Cloud Tasks stand-in can't start: ${error instanceof Error ? error.message : error}\n`,
  );
  process.exit(1);
}
