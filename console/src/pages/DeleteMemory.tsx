import { api } from "../api/client.ts";
import { answered } from "../api/problem.ts";
import type { components } from "../api/schema.d.ts";
import { t } from "../i18n/text.ts";
import { Confirm } from "../ui/Confirm.tsx";
import { Problem } from "../ui/Problem.tsx";
import { useAction } from "../ui/useAction.ts";

interface DeleteProps {
  readonly item: components["schemas"]["ListedResource"];
  /** Others see it too. */
  readonly isShared: boolean;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

export function DeleteMemory({ item, isShared, onClose, onDone }: DeleteProps) {
  const { library } = t();
  const action = useAction();
  const remove = () =>
    action.run(async () => {
      answered(await api.DELETE("/v1/resources/{id}", { params: { path: { id: item.id } } }));
      onDone();
    });
  return (
    <Confirm
      title={library.deleteTitle(item.title)}
      action={library.delete}
      busy={action.busy}
      onConfirm={remove}
      onClose={onClose}
    >
      <p>{isShared ? library.deleteAbout : library.deleteAboutMine}</p>
      <Problem error={action.error} />
    </Confirm>
  );
}
