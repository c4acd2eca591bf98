import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

/**
 * Shows a dialog over the page for as long as it is there. Then the focus is where it was before, also when what was done in the dialog has
 * taken it away.
 */
export function useModal(): RefObject<HTMLDialogElement | null> {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    return () => {
      // The browser gives the focus back when a dialog is closed, and not when it is only removed, as it is by now.
      if (document.activeElement === document.body && before instanceof HTMLElement)
        before.focus({ preventScroll: true });
    };
  }, []);
  return dialog;
}
