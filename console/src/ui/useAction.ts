import { useRef, useState } from "preact/hooks";

/** Something a person has done by a press. While it is under way it can't be begun again. */
export interface Action {
  readonly busy: boolean;
  /** Why the latest try failed. */
  readonly error: unknown;
  readonly run: (work: () => Promise<void>) => void;
  readonly clear: () => void;
}

export function useAction(): Action {
  const [state, setState] = useState<{ busy: boolean; error: unknown }>({ busy: false, error: undefined });
  const busy = useRef(false);
  return {
    ...state,
    run(work) {
      if (busy.current) return;
      busy.current = true;
      setState({ busy: true, error: undefined });
      work()
        .then(
          () => undefined,
          (error: unknown) => ({ error }),
        )
        .then((failed) => {
          busy.current = false;
          setState({ busy: false, error: failed?.error });
        });
    },
    clear: () => setState({ busy: false, error: undefined }),
  };
}
