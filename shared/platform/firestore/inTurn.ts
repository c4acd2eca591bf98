/** The last of each key's work that is under way in this process. */
const underWay = new Map<string, Promise<unknown>>();

/**
 * Does work of the same key one after the other, within this process. It guards nothing, other processes know nothing of it: it only
 * keeps requests that one instance serves at the same time from getting into each other's way at one document.
 */
export async function inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
  const before = underWay.get(key) ?? Promise.resolve();
  const mine = before.then(work, work);
  underWay.set(key, mine);
  try {
    return await mine;
  } finally {
    if (underWay.get(key) === mine) underWay.delete(key);
  }
}
