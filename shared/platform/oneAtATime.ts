/**
 * For work of which a process can do one piece at a time. Each piece waits for those before it, whether they succeed or fail.
 * @returns what does a piece of work, and returns or throws as it does
 */
export function oneAtATime(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work, work);
    last = mine;
    return mine;
  };
}
