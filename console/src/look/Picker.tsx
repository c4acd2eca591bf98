import { href } from "../nav/routes.ts";
import { Icon } from "../ui/Icon.tsx";
import { Waiting } from "../ui/Problem.tsx";
import { type ListedResource, listResources } from "./api.ts";
import type { Part } from "./stage/viewer.ts";
import { lookTexts } from "./texts/texts.ts";
import { usePages } from "./usePages.ts";

interface PickerProps {
  readonly spaceId: string;
  readonly kind: Part["kind"];
  readonly onPick: (resource: ListedResource) => void;
}

/** The library's scenes or figures, to take one of. */
export function Picker({ spaceId, kind, onPick }: PickerProps) {
  const { pick } = lookTexts();
  const { items, error, reload, hasMore, more } = usePages(
    (cursor, signal) => listResources({ spaceId, kind }, cursor, signal),
    `${spaceId} ${kind}`,
  );
  if (items === undefined) return <Waiting error={error} retry={reload} />;
  if (items.length === 0)
    return (
      <div class="empty">
        <Icon name={kind === "scene" ? "image" : "person"} />
        <p>{pick.none}</p>
        <a class="button" href={href("send")}>
          {pick.send}
        </a>
      </div>
    );
  return (
    <div class="stack">
      <ul class="cards">
        {items.map((resource) => (
          <li key={resource.id}>
            <button
              type="button"
              class="pick"
              aria-label={pick.choose(resource.title)}
              onClick={() => onPick(resource)}
            >
              {resource.poster === null ? (
                <span class="pick-picture">
                  <Icon name={kind === "scene" ? "door" : "person"} />
                </span>
              ) : (
                <img class="pick-picture" src={resource.poster.url} alt="" loading="lazy" />
              )}
              <span>{resource.title}</span>
            </button>
          </li>
        ))}
      </ul>
      {hasMore && (
        <div class="row">
          <button type="button" class="button" onClick={more}>
            {pick.more}
          </button>
        </div>
      )}
    </div>
  );
}
