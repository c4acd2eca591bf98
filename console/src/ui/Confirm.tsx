import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { t } from "../i18n/text.ts";
import { useModal } from "./useModal.ts";

interface ConfirmProps {
  readonly title: string;
  /** What the button that goes on says. */
  readonly action: string;
  readonly busy?: boolean;
  readonly disabled?: boolean;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
  readonly children?: ComponentChildren;
}

/** Asks before something that can't be undone. Closed by Escape, as the browser's own dialogs are. */
export function Confirm({
  title,
  action,
  busy = false,
  disabled = false,
  onConfirm,
  onClose,
  children,
}: ConfirmProps) {
  const dialog = useModal();
  const titleId = useId();
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby={titleId} onClose={onClose}>
      <div class="stack">
        <h2 id={titleId}>{title}</h2>
        {children}
        <div class="row">
          <button type="button" class="button button-bad" disabled={busy || disabled} onClick={onConfirm}>
            {action}
          </button>
          <button type="button" class="button" onClick={() => dialog.current?.close()}>
            {t().common.cancel}
          </button>
        </div>
      </div>
    </dialog>
  );
}
