import { useId } from "preact/hooks";
import { useModal } from "../ui/useModal.ts";
import type { ListedResource } from "./api.ts";
import { Picker } from "./Picker.tsx";
import type { Part } from "./stage/viewer.ts";
import { lookTexts } from "./texts/texts.ts";

interface PickDialogProps {
  readonly spaceId: string;
  readonly kind: Part["kind"];
  readonly onPick: (resource: ListedResource) => void;
  readonly onClose: () => void;
}

/** A space's library over the page, to take one thing of it. */
export function PickDialog({ spaceId, kind, onPick, onClose }: PickDialogProps) {
  const { pick } = lookTexts();
  const dialog = useModal();
  const titleId = useId();
  return (
    <dialog ref={dialog} class="dialog dialog-wide" aria-labelledby={titleId} onClose={onClose}>
      <div class="stack">
        <div class="row row-between">
          <h2 id={titleId}>{pick[kind]}</h2>
          <button type="button" class="button" onClick={() => dialog.current?.close()}>
            {pick.close}
          </button>
        </div>
        <Picker spaceId={spaceId} kind={kind} onPick={onPick} />
      </div>
    </dialog>
  );
}
