import { useEffect, useRef, useState } from "preact/hooks";
import type { Loading, Mode, Part, Viewer, ViewerOptions } from "./stage/viewer.ts";

/** Why there is no picture at all. */
export type ViewerFailure = "noWebGl" | "lost" | "code";

export interface ViewerState {
  readonly viewer: Viewer | undefined;
  readonly loading: Loading | undefined;
  readonly failure: ViewerFailure | undefined;
  /** Begins again with a new picture. */
  readonly again: () => void;
}

/**
 * Has a viewer on a canvas for as long as the component is shown. three.js is loaded by it.
 * @param key a canvas that was lost can't be used again: render it with this key
 */
export function useViewer({
  parts,
  mode,
  editing,
}: {
  readonly parts: readonly Part[] | undefined;
  readonly mode: Mode;
  readonly editing?: ViewerOptions["editing"];
}): ViewerState & { readonly canvas: { current: HTMLCanvasElement | null }; readonly key: number } {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [round, setRound] = useState(0);
  const [viewer, setViewer] = useState<Viewer>();
  const [loading, setLoading] = useState<Loading>();
  const [failure, setFailure] = useState<ViewerFailure>();
  const latest = useRef(editing);
  latest.current = editing;
  const isNeeded = parts !== undefined;
  useEffect(() => {
    if (!isNeeded) return undefined;
    let left = false;
    let opened: Viewer | undefined;
    setFailure(undefined);
    setLoading(undefined);
    import("./stage/viewer.ts").then(
      ({ openViewer }) => {
        if (left || canvas.current === null) return;
        try {
          opened = openViewer({
            canvas: canvas.current,
            mode,
            reducedMotion: matchMedia("(prefers-reduced-motion: reduce)").matches,
            isDark: showsDark(),
            loading: (state) => !left && setLoading(state),
            lost: () => !left && setFailure("lost"),
            ...(latest.current === undefined
              ? {}
              : {
                  editing: {
                    moved: (...args) => latest.current?.moved(...args),
                    picked: (at) => latest.current?.picked(at),
                    takesKeys: () => latest.current?.takesKeys() ?? false,
                  },
                }),
          });
          setViewer(opened);
        } catch {
          setFailure("noWebGl");
        }
      },
      () => !left && setFailure("code"),
    );
    return () => {
      left = true;
      setViewer(undefined);
      opened?.dispose();
    };
  }, [isNeeded, round]);
  useEffect(() => {
    if (parts !== undefined) viewer?.show(parts);
  }, [viewer, parts]);
  return {
    canvas,
    key: round,
    viewer,
    loading,
    failure,
    again: () => setRound((before) => before + 1),
  };
}

/** Whether the page is shown dark, by its own choice or the system's. */
function showsDark(): boolean {
  const { theme } = document.documentElement.dataset;
  return theme === "dark" || (theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
}
