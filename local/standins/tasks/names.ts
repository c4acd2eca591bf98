import { invalid } from "./status.ts";

const LOCATION = "projects/[A-Za-z0-9.:-]+/locations/[a-z0-9-]+";
const QUEUE = `${LOCATION}/queues/[A-Za-z0-9-]{1,100}`;
const patterns = {
  location: new RegExp(`^${LOCATION}$`),
  queue: new RegExp(`^${QUEUE}$`),
  task: new RegExp(`^${QUEUE}/tasks/[A-Za-z0-9_-]{1,500}$`),
};
const shapes = {
  location: "projects/PROJECT_ID/locations/LOCATION_ID",
  queue: "projects/PROJECT_ID/locations/LOCATION_ID/queues/QUEUE_ID",
  task: "projects/PROJECT_ID/locations/LOCATION_ID/queues/QUEUE_ID/tasks/TASK_ID",
};

/**
 * Returns `name` if it is a full resource name of that kind, as `Queue.name` and `Task.name` document their alphabet and
 * length; INVALID_ARGUMENT with the field's name and the expected shape otherwise.
 */
export function resourceName(kind: keyof typeof patterns, name: string, field: string): string {
  if (!patterns[kind].test(name)) throw invalid(`${field} must have the form "${shapes[kind]}".`);
  return name;
}

/** The last segment: `ring` of `projects/p/locations/l/queues/ring`. */
export const shortName = (name: string): string => name.slice(name.lastIndexOf("/") + 1);

/** What a resource lies in: the queue of a task, the location of a queue. */
export const parentName = (name: string): string => name.split("/").slice(0, -2).join("/");
