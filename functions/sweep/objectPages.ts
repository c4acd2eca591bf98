/** Walks over a bucket, a page of objects at a time, in the order of their names. */
import type { ObjectStore, StoredObject } from "#shared/platform/storage/objectStore.ts";
import { type TimeLimit, workThrough } from "#shared/platform/timeLimit.ts";
import type { Page } from "./walk.ts";

/** @param place the name after which the page begins; at the first unless given */
export async function pageOfObjects(
  store: ObjectStore,
  prefix: string,
  place: string | undefined,
  limit: number,
): Promise<StoredObject[]> {
  const page: StoredObject[] = [];
  for await (const object of store.list(prefix, place)) {
    page.push(object);
    if (page.length === limit) break;
  }
  return page;
}

/** Removes those of a page that are stray. What the time does not suffice for is on the next page. */
export async function pageOfRemovals(
  page: readonly StoredObject[],
  stray: readonly StoredObject[],
  {
    store,
    place,
    time,
    limit,
  }: { store: ObjectStore; place: string | undefined; time: TimeLimit; limit: number },
): Promise<Page> {
  const remove = async ({ name, generation }: StoredObject) => {
    await store.remove(name, generation);
    return true;
  };
  const worked = await workThrough(stray, time, remove);
  const unfinished = stray[worked.through];
  const looked = unfinished === undefined ? page.length : page.indexOf(unfinished);
  return {
    did: { looked, removed: worked.done },
    errors: worked.errors,
    next: looked === page.length && looked < limit ? null : (page[looked - 1]?.name ?? place ?? ""),
  };
}
