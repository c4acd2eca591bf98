/** Looks again whenever something may have changed: when a listener says so, and otherwise at a pace. */

export interface Followed {
  /** Looks. When it throws, what is shown stays until the next look. */
  look(isConnected: boolean): Promise<void>;
  /** Begins to listen: `changed` is called at each change, with whether the listener is connected. */
  listen(changed: (isConnected: boolean) => void): Promise<{ stop(): void }>;
  /** Milliseconds to the next look when nothing is heard; undefined waits until something is. */
  pause(isConnected: boolean): number | undefined;
}

/** Changes that come together are looked at once. */
const TOGETHER_MS = 250;

/** Looks at once, and then again and again; one look at a time. @returns stops it */
export function follow(followed: Followed): () => void {
  let stopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let listening: { stop(): void } | undefined;
  let isConnected = false;
  let isBusy = false;
  let isDueAgain = false;

  const run = async () => {
    // A page that is not seen asks for nothing; it looks when it is seen again.
    if (document.visibilityState === "hidden" && !isConnected) return;
    if (isBusy) {
      isDueAgain = true;
      return;
    }
    isBusy = true;
    do {
      isDueAgain = false;
      await followed.look(isConnected).catch(() => undefined);
    } while (isDueAgain && !stopped);
    isBusy = false;
    schedule(followed.pause(isConnected));
  };
  const schedule = (milliseconds: number | undefined) => {
    clearTimeout(timer);
    if (!stopped && milliseconds !== undefined) timer = setTimeout(() => void run(), milliseconds);
  };
  const listen = async () => {
    const found = await followed.listen((connected) => {
      isConnected = connected;
      schedule(TOGETHER_MS);
    });
    if (stopped) found.stop();
    else listening = found;
  };
  void run();
  // Without a listener the looks go on at their pace.
  listen().catch(() => undefined);
  const visible = () => document.visibilityState === "visible" && schedule(TOGETHER_MS);
  document.addEventListener("visibilitychange", visible);
  return () => {
    stopped = true;
    clearTimeout(timer);
    listening?.stop();
    document.removeEventListener("visibilitychange", visible);
  };
}
