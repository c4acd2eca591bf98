/** Cloud Tasks as this project uses it: an HTTP call to a private function, some time from now, at most one per name. */
import type { CloudTasksClient } from "@google-cloud/tasks";
import type { SettingsOf } from "../config/settings.ts";
import { hasGrpcStatus } from "../grpcStatus.ts";
import { lazy } from "../lazy.ts";
import { traceHeaders } from "../trace.ts";
import { type QueueName, queues } from "./queues.ts";

export interface Task {
  readonly queue: QueueName;
  /**
   * Letters, digits, `-` and `_`. Cloud Tasks refuses a name that is waiting, and one that was used for some hours after; both
   * count as done here, so a name must be new for each task that is really wanted.
   */
  readonly name?: string;
  /** Path of the function's route. */
  readonly path: `/${string}`;
  readonly body: Readonly<Record<string, unknown>>;
  /** Not before this time; at once when absent. */
  readonly at?: Date;
}

export interface TaskQueue {
  /** Adds a task, whose call carries the current trace. Says `exists` when its name is or was in use. */
  add(task: Task): Promise<"added" | "exists">;
  /** Takes a waiting task out; one that is gone already is no error. */
  remove(queue: QueueName, name: string): Promise<void>;
}

/**
 * A task queue client; make one per instance. Google's library is loaded when there is first a task.
 * @param functionUrl base URL of the function that its tasks call
 */
export function createTaskQueue(
  settings: SettingsOf<
    "GOOGLE_CLOUD_PROJECT" | "TASKS_LOCATION" | "TASKS_ENDPOINT" | "TASKS_SERVICE_ACCOUNT"
  >,
  functionUrl: string,
): TaskQueue {
  const {
    GOOGLE_CLOUD_PROJECT: projectId,
    TASKS_LOCATION: location,
    TASKS_SERVICE_ACCOUNT: serviceAccountEmail,
    TASKS_ENDPOINT: localAddress,
  } = settings;
  const client = lazy(async (): Promise<CloudTasksClient> => {
    const [{ CloudTasksClient }, endpoint] = await Promise.all([
      import("@google-cloud/tasks"),
      localEndpoint(localAddress),
    ]);
    return new CloudTasksClient({ projectId, ...endpoint });
  });
  const queuePath = (queue: QueueName) => `projects/${projectId}/locations/${location}/queues/${queue}`;
  const taskPath = (queue: QueueName, name: string) => `${queuePath(queue)}/tasks/${name}`;

  return {
    async add(task) {
      const request = {
        parent: queuePath(task.queue),
        task: {
          ...(task.name === undefined ? {} : { name: taskPath(task.queue, task.name) }),
          ...(task.at === undefined ? {} : { scheduleTime: timestampOf(task.at) }),
          dispatchDeadline: { seconds: queues[task.queue].deadlineSeconds },
          httpRequest: {
            httpMethod: "POST" as const,
            url: `${functionUrl}${task.path}`,
            headers: { "content-type": "application/json", ...traceHeaders() },
            body: Buffer.from(JSON.stringify(task.body)),
            oidcToken: { serviceAccountEmail, audience: functionUrl },
          },
        },
      };
      try {
        await (await client()).createTask(request);
        return "added";
      } catch (error) {
        if (hasGrpcStatus(error, "alreadyExists")) return "exists";
        throw error;
      }
    },

    async remove(queue, name) {
      try {
        await (await client()).deleteTask({ name: taskPath(queue, name) });
      } catch (error) {
        if (!hasGrpcStatus(error, "notFound")) throw error;
      }
    },
  };
}

async function localEndpoint(endpoint: string | undefined) {
  if (endpoint === undefined) return {};
  const [{ credentials }, { PassThroughClient }] = await Promise.all([
    import("@grpc/grpc-js"),
    import("google-auth-library"),
  ]);
  const [apiEndpoint, port] = endpoint.split(":");
  return {
    apiEndpoint: apiEndpoint ?? "",
    port: Number(port),
    sslCreds: credentials.createInsecure(),
    authClient: new PassThroughClient(),
  };
}

function timestampOf(date: Date): { seconds: number; nanos: number } {
  const milliseconds = date.getTime();
  return { seconds: Math.floor(milliseconds / 1000), nanos: (milliseconds % 1000) * 1_000_000 };
}
