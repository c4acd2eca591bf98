import { status } from "@grpc/grpc-js";
import type { z } from "zod";
import type { Clock } from "#shared/platform/clock.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { queueMessage, requests, taskMessage } from "./messages.ts";
import { parentName, resourceName } from "./names.ts";
import { newTask } from "./newTask.ts";
import { pageSize, pageToken, readPageToken } from "./paging.ts";
import { checkSettings, type QueueSettings } from "./queueSettings.ts";
import { settingsOfNewQueue, updatedSettings } from "./queueUpdate.ts";
import type { Queue, Task } from "./schema.ts";
import { notFound, StatusError, unimplemented } from "./status.ts";
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

type Method<Schema extends z.ZodType> = { schema: Schema; answer: (request: z.output<Schema>) => unknown };

/** Ties a method's answer to the type of its own request. */
const method = <Schema extends z.ZodType>(
  schema: Schema,
  answer: (request: z.output<Schema>) => unknown,
): Method<Schema> => ({ schema, answer });

/** "If you delete a queue, a queue with the same name can't be created for 7 days." */
const QUEUE_NAME_RETENTION_MICROS = 7 * 86_400e6;
const MAX_QUEUES_PER_PAGE = 9800;
const MAX_TASKS_PER_PAGE = 1000;
/** A page of full tasks ends early rather than fill a message: 1000 tasks may hold a gigabyte. */
const MAX_BODY_BYTES_PER_PAGE = 2 * 1024 * 1024;

/** The methods of google.cloud.tasks.v2.CloudTasks that the stand-in knows; each answers or throws a StatusError. */
export function cloudTasksMethods({ store, dispatcher, clock, ...deps }: ServiceDeps) {
  const now = () => nowMicros(clock);
  const namesSpentUntil = () => now() + deps.nameRetentionMs * MICROS_PER_MS;

  function queueOf(name: string, field = "name"): Queue {
    const queue = store.queue(resourceName("queue", name, field));
    if (queue === undefined) throw notFound(`Queue "${name}"`);
    return queue;
  }

  function taskOf(name: string): Task {
    const task = store.task(resourceName("task", name, "name"));
    if (task === undefined) throw notFound(`Task "${name}"`);
    return task;
  }

  function putQueue(name: string, settings: QueueSettings): unknown {
    if (store.isNameSpent(name, now()))
      throw new StatusError(
        status.FAILED_PRECONDITION,
        `The queue cannot be created because a queue with this name existed too recently: "${name}".`,
      );
    checkSettings(settings);
    store.putQueue(name, settings);
    dispatcher.wake(name);
    return queueMessage(queueOf(name));
  }

  function setState(name: string, state: Queue["state"]): unknown {
    queueOf(name);
    store.setQueueState(name, state);
    dispatcher.wake(name);
    return queueMessage(queueOf(name));
  }

  return {
    ListQueues: method(requests.listQueues, (request) => {
      const { parent, filter, ...page } = request;
      resourceName("location", parent, "parent");
      if (filter !== "") throw unimplemented("filters");
      const size = pageSize(page.pageSize, MAX_QUEUES_PER_PAGE);
      const found = store.queues(`${parent}/queues/`, readPageToken(page.pageToken, parent), size + 1);
      const queues = found.slice(0, size);
      const last = queues.at(-1);
      const more = found.length > size && last !== undefined;
      return { queues: queues.map(queueMessage), nextPageToken: more ? pageToken(parent, last.name) : "" };
    }),

    GetQueue: method(requests.byName, ({ name }) => queueMessage(queueOf(name))),

    CreateQueue: method(requests.createQueue, ({ parent, queue }) => {
      resourceName("location", parent, "parent");
      resourceName("queue", queue.name, "queue.name");
      if (parentName(queue.name) !== parent)
        throw new StatusError(status.INVALID_ARGUMENT, "queue.name must lie in parent.");
      if (queue.appEngineRoutingOverride != null) throw unimplemented("App Engine targets");
      if (store.queue(queue.name) !== undefined)
        throw new StatusError(status.ALREADY_EXISTS, `Queue "${queue.name}" already exists.`);
      return putQueue(queue.name, settingsOfNewQueue(queue));
    }),

    UpdateQueue: method(requests.updateQueue, ({ queue, updateMask }) => {
      resourceName("queue", queue.name, "queue.name");
      if (queue.appEngineRoutingOverride != null) throw unimplemented("App Engine targets");
      const current = store.queue(queue.name)?.settings;
      const settings =
        current === undefined
          ? settingsOfNewQueue(queue)
          : updatedSettings(current, queue, updateMask?.paths ?? []);
      return putQueue(queue.name, settings);
    }),

    DeleteQueue: method(requests.byName, ({ name }) => {
      queueOf(name);
      store.deleteQueue(name, now() + QUEUE_NAME_RETENTION_MICROS);
      dispatcher.wake(name);
      return {};
    }),

    PurgeQueue: method(requests.byName, ({ name }) => {
      queueOf(name);
      store.purgeQueue(name, now(), namesSpentUntil());
      dispatcher.wake(name);
      return queueMessage(queueOf(name));
    }),

    PauseQueue: method(requests.byName, ({ name }) => setState(name, "PAUSED")),

    ResumeQueue: method(requests.byName, ({ name }) => setState(name, "RUNNING")),

    ListTasks: method(requests.listTasks, (request) => {
      const { parent, responseView, ...page } = request;
      queueOf(parent, "parent");
      const size = pageSize(page.pageSize, MAX_TASKS_PER_PAGE);
      const after = Number(readPageToken(page.pageToken, parent));
      const tasks: Task[] = [];
      let bodyBytes = 0;
      for (const task of store.tasks(parent, after)) {
        const last = tasks.at(-1);
        if (last !== undefined && (tasks.length === size || bodyBytes > MAX_BODY_BYTES_PER_PAGE)) {
          const nextPageToken = pageToken(parent, String(last.id));
          return { tasks: tasks.map((one) => taskMessage(one, responseView)), nextPageToken };
        }
        tasks.push(task);
        bodyBytes += task.body.byteLength;
      }
      return { tasks: tasks.map((one) => taskMessage(one, responseView)), nextPageToken: "" };
    }),

    GetTask: method(requests.taskByName, ({ name, responseView }) => taskMessage(taskOf(name), responseView)),

    CreateTask: method(requests.createTask, ({ parent, task: message, responseView }) => {
      queueOf(parent, "parent");
      const asked = newTask(message, parent, { now: now(), ...deps });
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

    DeleteTask: method(requests.byName, ({ name }) => {
      store.removeTask(taskOf(name).id, namesSpentUntil());
      return {};
    }),

    RunTask: method(requests.taskByName, ({ name, responseView }) => {
      const running = dispatcher.runNow(taskOf(name));
      if (running === undefined) throw notFound(`Task "${name}"`);
      return taskMessage(running, responseView);
    }),
  };
}
