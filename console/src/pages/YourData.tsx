import { useState } from "preact/hooks";
import { api } from "../api/client.ts";
import { answered } from "../api/problem.ts";
import type { components } from "../api/schema.d.ts";
import { t } from "../i18n/text.ts";
import type { Me } from "../session/me.ts";
import { forgetSession } from "../session/session.ts";
import { Confirm } from "../ui/Confirm.tsx";
import { Icon } from "../ui/Icon.tsx";
import { Problem, Waiting } from "../ui/Problem.tsx";
import { useAction } from "../ui/useAction.ts";
import { useRemote } from "../ui/useRemote.ts";
import { type Count, countErased } from "./countErased.ts";
import { erased } from "./erased.ts";

type Export = components["schemas"]["Export"];

/** Taking one's data along, and having it erased. */
export function YourData({ person }: { readonly person: Me }) {
  const { account } = t();
  const [erasing, setErasing] = useState(false);
  const action = useAction();
  return (
    <section class="card stack" aria-labelledby="account-data">
      <h2 id="account-data">{account.data}</h2>
      <p>{account.dataAbout}</p>
      <Problem error={action.error} />
      <div class="row">
        <button type="button" class="button" disabled={action.busy} onClick={() => action.run(saveExport)}>
          <Icon name="download" />
          {action.busy ? account.exporting : account.export}
        </button>
        <button type="button" class="button button-bad" onClick={() => setErasing(true)}>
          <Icon name="trash" />
          {account.erase}
        </button>
      </div>
      {erasing && <Erase person={person} onClose={() => setErasing(false)} />}
    </section>
  );
}

/** Has the browser save the export: one document, or several when its links don't fit into one. */
async function saveExport(): Promise<void> {
  let cursor: string | undefined;
  for (let part = 1; ; part++) {
    const document: Export = answered(
      await api.GET("/v1/me/export", { params: { query: cursor === undefined ? {} : { cursor } } }),
    );
    const name = `reverie-${document.exportedAt.slice(0, 10)}${part === 1 ? "" : `-${part}`}.json`;
    saveFile(name, new Blob([JSON.stringify(document, null, 2)], { type: "application/json" }));
    if (document.nextCursor === null) return;
    cursor = document.nextCursor;
  }
}

function saveFile(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}

async function countData(signal: AbortSignal): Promise<Count[]> {
  return countErased(answered(await api.GET("/v1/me/export", { signal })));
}

function Erase({ person, onClose }: { readonly person: Me; readonly onClose: () => void }) {
  const { account } = t();
  const isRecipient = person.role === "care_recipient";
  const counts = useRemote(countData, []);
  const [understood, setUnderstood] = useState(false);
  const action = useAction();
  const erase = () =>
    action.run(async () => {
      erased.value = answered(await api.DELETE("/v1/me"));
      await forgetSession();
    });
  return (
    <Confirm
      title={account.eraseTitle}
      action={account.eraseNow}
      busy={action.busy}
      disabled={!understood}
      onConfirm={erase}
      onClose={onClose}
    >
      <p>{isRecipient ? account.eraseRecipient : account.eraseGiver}</p>
      {counts.value === undefined ? (
        <Waiting error={counts.error} retry={counts.reload} />
      ) : (
        <ul>
          {counts.value.map(({ name, count }) => (
            <li key={name}>{account.counted[name](count)}</li>
          ))}
        </ul>
      )}
      <label class="row">
        <input
          type="checkbox"
          class="check"
          checked={understood}
          onChange={(event) => setUnderstood(event.currentTarget.checked)}
        />
        {account.eraseUnderstood}
      </label>
      <Problem error={action.error} />
    </Confirm>
  );
}
