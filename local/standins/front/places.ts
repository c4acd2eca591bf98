/** Places that are few: who comes when all are taken waits in line. */
export interface Places {
  /**
   * Waits for a place.
   * @param leaving says that the waiting caller gave up; then it rejects
   * @returns gives the place back; calling it again does nothing
   */
  take(leaving: AbortSignal): Promise<() => void>;
}

export function createPlaces(count: number): Places {
  let free = count;
  const line: (() => void)[] = [];

  const giveBack = () => {
    const next = line.shift();
    if (next) next();
    else free++;
  };
  const once = () => {
    let given = false;
    return () => {
      if (given) return;
      given = true;
      giveBack();
    };
  };

  return {
    async take(leaving) {
      leaving.throwIfAborted();
      if (free > 0) {
        free--;
        return once();
      }
      await new Promise<void>((resolve, reject) => {
        const called = () => {
          leaving.removeEventListener("abort", left);
          resolve();
        };
        const left = () => {
          line.splice(line.indexOf(called), 1);
          reject(leaving.reason);
        };
        leaving.addEventListener("abort", left, { once: true });
        line.push(called);
      });
      return once();
    },
  };
}
