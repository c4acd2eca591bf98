import { status } from "@grpc/grpc-js";
import type { z } from "zod";
import type { Clock } from "#shared/platform/clock.ts";
import { type Policy, resources } from "../iam/policy.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { requests, taskMessage } from "./messages.ts";
import { parentName, resourceName } from "./names.ts";
import { newTask } from "./newTask.ts";
import type { Task } from "./schema.ts";
import { notFound, StatusError } from "./status.ts";
import type { TaskStore } from "./store.ts";
import { MICROS_PER_MS, nowMicros } from "./time.ts";

export interface ServiceDeps {
  store: TaskStore;
  dispatcher: Dispatcher;
  clock: Clock;
  newTaskId: () => string;
  nameRetentionMs: number;
  minDispatchDeadlineMs: number;
}

/** Who calls, and what it may do. */
export interface Caller {
  /** @throws StatusError PERMISSION_DENIED */
  need(permission: string, resource: string, name?: string): void;
}

/** Where nothing is checked: a stand-in without accounts. */
export const ANYONE: Caller = { need: () => {} };

/**
 * The caller with an account's roles.
 * @param email undefined for an address that stands for no account
 */
export function callerNamed(email: string | undefined, policy: Policy): Caller {
  return {
    need(permission, resource, name = resource) {
      if (email !== undefined && policy.allows(email, permission, resource)) return;
      throw new StatusError(
        status.PERMISSION_DENIED,
        `The principal (user or service account) lacks IAM permission "${permission}" for the resource "${name}" (or the resource may not exist).`,
      );
    },
  };
}

type Method<Schema extends z.ZodType> = {
  schema: Schema;
  answer: (request: z.output<Schema>, caller: Caller) => unknown;
};

const queueOf = (task: string): string => parentName(resourceName("task", task, "name"));

/** Ties a method's answer to the type of its own request. */
const method = <Schema extends z.ZodType>(
  schema: Schema,
  answer: (request: z.output<Schema>, caller: Caller) => unknown,
): Method<Schema> => ({ schema, answer });

/** The methods of google.cloud.tasks.v2.CloudTasks that the stand-in knows; each answers or throws a StatusError. */
export function cloudTasksMethods({ store, dispatcher, clock, ...deps }: ServiceDeps) {
  const now = () => nowMicros(clock);
  const namesSpentUntil = () => now() + deps.nameRetentionMs * MICROS_PER_MS;

  function taskOf(name: string): Task {
    const task = store.task(resourceName("task", name, "name"));
    if (task === undefined) throw notFound(`Task "${name}"`);
    return task;
  }

  return {
    GetTask: method(requests.getTask, ({ name, responseView }, caller) => {
      caller.need("cloudtasks.tasks.get", queueOf(name), name);
      return taskMessage(taskOf(name), responseView);
    }),

    CreateTask: method(requests.createTask, ({ parent, task: message, responseView }, caller) => {
      caller.need("cloudtasks.tasks.create", parent);
      if (store.queue(resourceName("queue", parent, "parent")) === undefined)
        throw notFound(`Queue "${parent}"`);
      const asked = newTask(message, parent, { now: now(), ...deps });
      // The task will call in the name of that account, which is more than to create a task.
      const actedAs = asked.request.oidc?.serviceAccountEmail;
      if (actedAs !== undefined)
        caller.need("iam.serviceAccounts.actAs", resources.serviceAccount(actedAs), actedAs);
      const added = store.isNameSpent(asked.name, asked.createdAt) ? undefined : store.addTask(asked);
      if (added === undefined)
        throw new StatusError(
          status.ALREADY_EXISTS,
          `The task cannot be created because a task with this name exists or existed too recently: "${asked.name}".`,
        );
      // After the answer, so that the task is always known to its creator before it is to its worker.
      setImmediate(() => dispatcher.wake(parent));
      return taskMessage(added, responseView);
    }),

    DeleteTask: method(requests.deleteTask, ({ name }, caller) => {
      caller.need("cloudtasks.tasks.delete", queueOf(name), name);
      store.removeTask(taskOf(name).id, namesSpentUntil());
      return {};
    }),
  };
}
