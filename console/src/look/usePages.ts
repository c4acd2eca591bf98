import { useEffect, useState } from "preact/hooks";

interface OnePage<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

/** A list that is loaded page after page. */
export interface Pages<Item> {
  readonly items: readonly Item[] | undefined;
  readonly error: unknown;
  readonly hasMore: boolean;
  readonly more: () => void;
  readonly reload: () => void;
  readonly drop: (item: Item) => void;
}

/** @param load of a cursor; the same list for as long as `key` is */
export function usePages<Item>(
  load: (cursor: string | undefined, signal: AbortSignal) => Promise<OnePage<Item>>,
  key: string,
): Pages<Item> {
  const [state, setState] = useState<{ items?: readonly Item[]; next: string | null; error?: unknown }>({
    next: null,
  });
  const [wanted, setWanted] = useState<{ cursor: string | undefined; round: number }>({
    cursor: undefined,
    round: 0,
  });
  useEffect(() => {
    const leaving = new AbortController();
    const { cursor } = wanted;
    load(cursor, leaving.signal).then(
      ({ items, nextCursor }) => {
        if (leaving.signal.aborted) return;
        setState((before) => ({
          items: cursor === undefined ? items : [...(before.items ?? []), ...items],
          next: nextCursor,
        }));
      },
      (error: unknown) => !leaving.signal.aborted && setState((before) => ({ ...before, error })),
    );
    return () => leaving.abort();
  }, [key, wanted]);
  return {
    items: state.items,
    error: state.error,
    hasMore: state.next !== null,
    more: () => setWanted(({ round }) => ({ cursor: state.next ?? undefined, round: round + 1 })),
    reload: () => setWanted(({ cursor, round }) => ({ cursor, round: round + 1 })),
    drop: (item) =>
      setState((before) => ({ ...before, items: (before.items ?? []).filter((one) => one !== item) })),
  };
}
