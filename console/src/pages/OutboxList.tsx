import { useRef, useState } from "preact/hooks";
import { fileSize, percent, span } from "../i18n/format.ts";
import { t } from "../i18n/text.ts";
import { discard, pause, pickAgain, resume, type Sending, sendings } from "../send/sending.ts";
import { nameOfSpace } from "../spaces/SpaceChoice.tsx";
import { spaces } from "../spaces/spaces.ts";
import { Icon } from "../ui/Icon.tsx";
import { Notice } from "../ui/Notice.tsx";
import { Problem } from "../ui/Problem.tsx";
import { ProgressBar } from "../ui/ProgressBar.tsx";

/** What this browser is sending just now. */
export function OutboxList() {
  if (sendings.value.length === 0) return null;
  return (
    <section class="stack" aria-label={t().send.underWay}>
      {sendings.value.map((sending) => (
        <SendingCard key={sending.draft.id} sending={sending} />
      ))}
    </section>
  );
}

function SendingCard({ sending }: { readonly sending: Sending }) {
  const { send } = t();
  const { draft, state, bytes, total } = sending;
  const fraction = total === 0 ? 0 : bytes / total;
  return (
    <article class="card stack-tight" aria-label={draft.title}>
      <div class="row row-between">
        <h2>{draft.title}</h2>
        <span class="tag tag-accent">{percent(fraction)}</span>
      </div>
      <ProgressBar label={send.progressOf(draft.title)} fraction={fraction} />
      <p class="dim small">{[nameOfDraftsSpace(draft), howItGoes(sending)].filter(Boolean).join(" · ")}</p>
      {state === "failed" && <Problem error={sending.error} />}
      {state === "file" && <PickAgain sending={sending} />}
      <div class="row">
        {state === "sending" && (
          <button type="button" class="button" onClick={() => pause(draft.id)}>
            <Icon name="pause" />
            {send.pause}
          </button>
        )}
        {(state === "paused" || state === "failed" || state === "elsewhere") && (
          <button type="button" class="button button-main" onClick={() => resume(draft.id)}>
            <Icon name="play" />
            {send.goOn}
          </button>
        )}
        <button type="button" class="button button-quiet" onClick={() => void discard(draft.id)}>
          {send.discard}
        </button>
      </div>
    </article>
  );
}

/** The space that it is sent for, where there is more than one. */
function nameOfDraftsSpace({ spaceId }: Sending["draft"]): string | undefined {
  const all = spaces.value ?? [];
  const space = all.find(({ id }) => id === spaceId);
  return space === undefined || all.length < 2 ? undefined : nameOfSpace(space);
}

/** Where it stands, in one sentence. */
function howItGoes({ state, bytes, total, speed, connected }: Sending): string {
  const { send } = t();
  const amount = send.amount(fileSize(bytes), fileSize(total));
  if (state === "paused") return `${send.paused} ${amount}`;
  if (state === "elsewhere") return send.elsewhere;
  if (state !== "sending") return amount;
  if (!connected) return `${send.offline} ${amount}`;
  if (bytes >= total) return send.finishing;
  if (speed === undefined || speed < 1) return amount;
  return `${amount} · ${send.speed(fileSize(speed))} · ${send.left(span((total - bytes) / speed))}`;
}

function PickAgain({ sending }: { readonly sending: Sending }) {
  const { send } = t();
  const picker = useRef<HTMLInputElement>(null);
  const [wrong, setWrong] = useState(false);
  const name = Object.values(sending.draft.files).find(({ sent }) => !sent)?.name ?? "";
  return (
    <Notice tone="wait">
      <p>{send.pickAgain(name)}</p>
      {wrong && <p>{send.otherFile(name)}</p>}
      <button type="button" class="button button-main" onClick={() => picker.current?.click()}>
        {send.pickAgainButton}
      </button>
      <input
        ref={picker}
        class="visually-hidden"
        type="file"
        data-role="again"
        tabIndex={-1}
        aria-hidden="true"
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          if (file !== undefined) setWrong(!pickAgain(sending.draft.id, file));
        }}
      />
    </Notice>
  );
}
