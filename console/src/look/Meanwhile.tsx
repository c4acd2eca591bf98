import { useId } from "preact/hooks";
import { Notice } from "../ui/Notice.tsx";
import type { Composition, Difference } from "./editor/composition.ts";
import { differences } from "./editor/composition.ts";
import type { Conflict, Editing } from "./editor/useEditing.ts";
import { lookTexts } from "./texts/texts.ts";

interface MeanwhileProps {
  readonly editing: Editing;
  readonly conflict: Conflict;
  /** What is in the picture instead of one's own. */
  readonly shown: Composition | undefined;
  readonly onShow: (composition: Composition | undefined) => void;
}

/** Someone else saved first: what they changed, and the choice what becomes of it. */
export function Meanwhile({ editing, conflict: { theirs }, shown, onShow }: MeanwhileProps) {
  const { meanwhile } = lookTexts().edit;
  const titleId = useId();
  const then = (work: () => void) => () => {
    onShow(undefined);
    work();
  };
  return (
    <section class="card stack meanwhile" aria-labelledby={titleId}>
      <Notice tone="bad">
        <h2 id={titleId}>{meanwhile.title}</h2>
      </Notice>
      {theirs === undefined ? (
        <>
          <p>{meanwhile.gone}</p>
          <div class="row">
            <button type="button" class="button button-main" onClick={editing.saveAsNew}>
              {meanwhile.saveNew}
            </button>
          </div>
        </>
      ) : (
        <>
          <p>{meanwhile.about}</p>
          <Differences editing={editing} theirs={theirs.composition} />
          <div class="row">
            <button
              type="button"
              class="button"
              onClick={() => onShow(shown === undefined ? theirs.composition : undefined)}
            >
              {shown === undefined ? meanwhile.lookTheirs : meanwhile.lookMine}
            </button>
          </div>
          <dl class="choices">
            <div class="stack-tight">
              <dt>
                <button type="button" class="button" onClick={then(editing.takeTheirs)}>
                  {meanwhile.takeTheirs}
                </button>
              </dt>
              <dd class="dim small">{meanwhile.takeTheirsHint}</dd>
            </div>
            <div class="stack-tight">
              <dt>
                <button type="button" class="button button-main" onClick={then(editing.putOnTop)}>
                  {meanwhile.onTop}
                </button>
              </dt>
              <dd class="dim small">{meanwhile.onTopHint}</dd>
            </div>
          </dl>
        </>
      )}
    </section>
  );
}

function Differences({ editing, theirs }: { readonly editing: Editing; readonly theirs: Composition }) {
  const { meanwhile } = lookTexts().edit;
  const found = differences(editing.base, theirs);
  if (found.length === 0) return <p>{meanwhile.nothing}</p>;
  return (
    <ul>
      {found.map((difference) => {
        const sentence = sentenceFor(difference, editing);
        return <li key={`${sentence}${"at" in difference ? difference.at : ""}`}>{sentence}</li>;
      })}
    </ul>
  );
}

function sentenceFor(difference: Difference, { resources }: Editing): string {
  const { edit } = lookTexts();
  const sentences = edit.meanwhile.differences;
  if (difference.what === "title") return sentences.title(difference.to);
  if (difference.what === "sceneMoved") return sentences.sceneMoved;
  const title = resources.get(difference.resourceId)?.title ?? edit.unknown;
  return sentences[difference.what](title);
}
