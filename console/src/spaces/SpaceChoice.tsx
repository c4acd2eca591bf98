import { useId } from "preact/hooks";
import { t } from "../i18n/text.ts";
import { defaultSpace } from "./chooseSpace.ts";
import { type Space, showSpace, spaces } from "./spaces.ts";

/** Chooses the space that a page shows. With one space there is nothing to choose. */
export function SpaceChoice({ space, hint }: { readonly space: Space; readonly hint?: string | undefined }) {
  const id = useId();
  const known = spaces.value ?? [];
  const first = defaultSpace(known);
  const all = first === undefined ? known : [first, ...known.filter((each) => each !== first)];
  if (all.length < 2) return null;
  return (
    <div class="field">
      <label for={id}>{t().spaces.choose}</label>
      <select
        id={id}
        class="input"
        value={space.id}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        onChange={(event) => {
          const chosen = all.find((each) => each.id === event.currentTarget.value);
          if (chosen !== undefined) showSpace(chosen);
        }}
      >
        {all.map((each) => (
          <option key={each.id} value={each.id}>
            {nameOfSpace(each)}
          </option>
        ))}
      </select>
      {hint !== undefined && (
        <span id={`${id}-hint`} class="hint">
          {hint}
        </span>
      )}
    </div>
  );
}

/** Its title, or what its type says to the one who reads it. */
export function nameOfSpace({ type, title, members }: Space): string {
  const { spaces: texts } = t();
  if (type === "care" || type === "personal") return texts.types[type];
  if (title !== null) return title;
  const names = members.flatMap(({ name }) => (name === null ? [] : [name]));
  return names.length === 0 ? texts.types[type] : names.join(", ");
}
