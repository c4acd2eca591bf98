import { useId, useState } from "preact/hooks";
import { api } from "../api/client.ts";
import { answered, ProblemError } from "../api/problem.ts";
import { t } from "../i18n/text.ts";
import { Field } from "../ui/Field.tsx";
import { Problem, Waiting } from "../ui/Problem.tsx";
import { useAction } from "../ui/useAction.ts";
import { useModal } from "../ui/useModal.ts";
import { useRemote } from "../ui/useRemote.ts";

interface RenameProps {
  readonly id: string;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** A state of a resource, which a change names, so that it replaces no other change. */
interface Seen {
  readonly title: string;
  readonly etag: string;
}

async function load(id: string, signal: AbortSignal): Promise<Seen> {
  const result = await api.GET("/v1/resources/{id}", { params: { path: { id } }, signal });
  return { title: answered(result).title, etag: result.response.headers.get("etag") ?? "*" };
}

export function RenameMemory({ id, onClose, onDone }: RenameProps) {
  const { library } = t();
  const titleId = useId();
  const dialog = useModal();
  const seen = useRemote((signal) => load(id, signal), [id]);
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby={titleId} onClose={onClose}>
      <div class="stack">
        <h2 id={titleId}>{library.renameTitle}</h2>
        {seen.value === undefined ? (
          <Waiting error={seen.error} retry={seen.reload} />
        ) : (
          <RenameForm
            key={seen.value.etag}
            id={id}
            seen={seen.value}
            onDone={onDone}
            onChanged={seen.reload}
          />
        )}
        <div>
          <button type="button" class="button button-quiet" onClick={() => dialog.current?.close()}>
            {t().common.cancel}
          </button>
        </div>
      </div>
    </dialog>
  );
}

interface RenameFormProps {
  readonly id: string;
  readonly seen: Seen;
  readonly onDone: () => void;
  /** Someone else changed it meanwhile. */
  readonly onChanged: () => void;
}

function RenameForm({ id, seen, onDone, onChanged }: RenameFormProps) {
  const { library } = t();
  const [title, setTitle] = useState(seen.title);
  const action = useAction();
  const changed = action.error instanceof ProblemError && action.error.code === "changed_meanwhile";
  const submit = (event: Event) => {
    event.preventDefault();
    action.run(async () => {
      answered(
        await api.PATCH("/v1/resources/{id}", {
          params: { path: { id }, header: { "if-match": seen.etag } },
          body: { title: title.trim() },
        }),
      );
      onDone();
    });
  };
  return (
    <form class="stack" onSubmit={submit}>
      <Field label={library.newTitle} value={title} onChange={setTitle} maxLength={200} required />
      <Problem error={action.error} retry={changed ? onChanged : undefined} />
      <div>
        <button type="submit" class="button button-main" disabled={action.busy || title.trim() === ""}>
          {t().common.save}
        </button>
      </div>
    </form>
  );
}
