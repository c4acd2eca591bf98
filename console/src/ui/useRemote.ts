import { useCallback, useEffect, useRef, useState } from "preact/hooks";

/** What a page shows of something that is loaded. */
export interface Remote<Value> {
  /** The latest that was loaded; stays while it is loaded again. */
  readonly value: Value | undefined;
  /** Why the latest attempt failed. */
  readonly error: unknown;
  readonly reload: () => void;
  /** Shows what is known already, such as the answer of a change. */
  readonly set: (value: Value) => void;
}

/**
 * Loads when the component is first shown, and again whenever one of `deps` changes or `reload` is called. An answer that comes after a
 * later one was asked for is dropped.
 */
export function useRemote<Value>(
  load: (signal: AbortSignal) => Promise<Value>,
  deps: readonly unknown[],
): Remote<Value> {
  const [state, setState] = useState<{ value: Value | undefined; error: unknown }>({
    value: undefined,
    error: undefined,
  });
  const [round, setRound] = useState(0);
  const latest = useRef(load);
  latest.current = load;
  useEffect(() => {
    const leaving = new AbortController();
    latest.current(leaving.signal).then(
      (value) => !leaving.signal.aborted && setState({ value, error: undefined }),
      (error: unknown) => !leaving.signal.aborted && setState(({ value }) => ({ value, error })),
    );
    return () => leaving.abort();
  }, [...deps, round]);
  return {
    ...state,
    reload: useCallback(() => setRound((before) => before + 1), []),
    set: useCallback((value: Value) => setState({ value, error: undefined }), []),
  };
}
