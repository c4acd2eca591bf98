import "./library.css";
import { useEffect, useRef, useState } from "preact/hooks";
import { api } from "../api/client.ts";
import { answered } from "../api/problem.ts";
import type { components } from "../api/schema.d.ts";
import { day } from "../i18n/format.ts";
import { t } from "../i18n/text.ts";
import { watchChanges } from "../live/changes.ts";
import { href } from "../nav/routes.ts";
import { SpaceChoice } from "../spaces/SpaceChoice.tsx";
import { loadSpaces, type Space, spacesError, useSpace } from "../spaces/spaces.ts";
import { Choices } from "../ui/Choices.tsx";
import { Field } from "../ui/Field.tsx";
import { Icon } from "../ui/Icon.tsx";
import { Page } from "../ui/Page.tsx";
import { Problem, Waiting } from "../ui/Problem.tsx";
import { useAction } from "../ui/useAction.ts";
import { type Remote, useRemote } from "../ui/useRemote.ts";
import { DeleteMemory } from "./DeleteMemory.tsx";
import { RenameMemory } from "./RenameMemory.tsx";

export type Listed = components["schemas"]["ListedResource"];

const KINDS = ["all", "scene", "avatar"] as const;
type KindFilter = (typeof KINDS)[number];
const PAGE = 24;
/** After the last letter, before it is searched. */
const TYPING_MS = 250;

interface Found {
  readonly items: readonly Listed[];
  readonly nextCursor: string | null;
}

/** What is looked for. */
interface Search {
  readonly spaceId: string;
  readonly kind: KindFilter;
  readonly q: string;
}

/** What a person wants to do with a memory, and is asked about. */
interface Asked {
  readonly what: "rename" | "delete";
  readonly item: Listed;
}

async function find(
  { spaceId, kind, q }: Search,
  cursor: string | undefined,
  signal?: AbortSignal,
): Promise<Found> {
  const query = {
    spaceId,
    limit: PAGE,
    ...(kind === "all" ? {} : { kind }),
    ...(q === "" ? {} : { q }),
    ...(cursor === undefined ? {} : { cursor }),
  };
  return answered(
    await api.GET("/v1/resources", { params: { query }, ...(signal === undefined ? {} : { signal }) }),
  );
}

function sameSearch(one: Search, other: Search): boolean {
  return one.kind === other.kind && one.q === other.q;
}

/** The list from its beginning, to at least so many items when there are as many. */
async function findAgain(search: Search, atLeast: number): Promise<Found> {
  let found = await find(search, undefined);
  while (found.nextCursor !== null && found.items.length < atLeast) {
    const next = await find(search, found.nextCursor);
    found = { items: [...found.items, ...next.items], nextCursor: next.nextCursor };
  }
  return found;
}

/** All places and people that a space has, to be found by their titles. */
export function LibraryPage() {
  const { library } = t();
  const space = useSpace();
  return (
    <Page title={library.title} about={space?.type === "personal" ? library.aboutMine : library.about}>
      {space === undefined ? (
        <Waiting error={spacesError.value} retry={() => void loadSpaces()} />
      ) : (
        <Library space={space} />
      )}
    </Page>
  );
}

function Library({ space }: { readonly space: Space }) {
  const { library } = t();
  const [kind, setKind] = useState<KindFilter>("all");
  const [typed, setTyped] = useState("");
  const searched = useLater(typed.trim(), TYPING_MS);
  return (
    <>
      <search class="library-search">
        <SpaceChoice space={space} />
        <Field label={library.search} type="search" value={typed} onChange={setTyped} maxLength={200} />
        <Choices
          tight
          legend={library.show}
          options={KINDS.map((name) => ({ value: name, label: library.kinds[name] }))}
          value={kind}
          onChoose={setKind}
        />
      </search>
      <Memories key={space.id} space={space} search={{ spaceId: space.id, kind, q: searched }} />
    </>
  );
}

function Memories({ space, search }: { readonly space: Space; readonly search: Search }) {
  const { library } = t();
  const { kind, q } = search;
  const found = useRemote((signal) => find(search, undefined, signal), [kind, q]);
  const more = useAction();
  const { value } = found;
  const latest = useRef({ search, found });
  latest.current = { search, found };
  const arrived = useArrivals(space, latest, [kind, q]);
  // Of the page and not of the memory's tile, which goes when the list changes under an open dialog.
  const [asked, setAsked] = useState<Asked>();
  const close = () => setAsked(undefined);
  const done = () => {
    close();
    found.reload();
  };
  const loadMore = () =>
    more.run(async () => {
      if (value === undefined || value.nextCursor === null) return;
      const next = await find(search, value.nextCursor);
      // It goes on the end of no other list: something else was looked for meanwhile, or a memory came.
      if (latest.current.found.value !== value) return;
      found.set({ items: [...value.items, ...next.items], nextCursor: next.nextCursor });
    });
  if (value === undefined) return <Waiting error={found.error} retry={found.reload} />;
  return (
    <>
      <Problem error={found.error} retry={found.reload} />
      <p class="visually-hidden" role="status">
        {arrived.length > 0 ? library.arrived(arrived.join(", ")) : library.found(value.items.length)}
      </p>
      {value.items.length === 0 ? (
        <Nothing searched={q !== "" || kind !== "all"} />
      ) : (
        <ul class="tiles">
          {value.items.map((item) => (
            <li key={item.id}>
              <Memory item={item} onAsk={(what) => setAsked({ what, item })} />
            </li>
          ))}
        </ul>
      )}
      <Problem error={more.error} retry={loadMore} />
      {value.nextCursor !== null && (
        <div>
          <button type="button" class="button" disabled={more.busy} onClick={loadMore}>
            {t().common.more}
          </button>
        </div>
      )}
      {asked?.what === "rename" && <RenameMemory id={asked.item.id} onClose={close} onDone={done} />}
      {asked?.what === "delete" && (
        <DeleteMemory item={asked.item} isShared={space.type !== "personal"} onClose={close} onDone={done} />
      )}
    </>
  );
}

/**
 * Shows the list as it becomes, while it is looked at. What is there stays in its place on the page, with the focus that it has.
 * @param looked what is looked for; once it is something else, what came before is not said again
 * @returns the titles of the memories that came last, for those who can't see them come
 */
function useArrivals(
  space: Space,
  latest: { readonly current: { readonly search: Search; readonly found: Remote<Found> } },
  looked: readonly unknown[],
): readonly string[] {
  const [arrived, setArrived] = useState<readonly string[]>([]);
  // Read before the list, so that no change is missed.
  const [since] = useState({ spaceId: space.id, seq: space.seq });
  useEffect(() => setArrived([]), looked);
  useEffect(
    () =>
      watchChanges(since, "resource", async () => {
        const asked = latest.current;
        const shown = asked.found.value?.items;
        const now = await findAgain(asked.search, shown?.length ?? 0);
        // Something else is looked for, or more was loaded: that list is looked at again later.
        if (latest.current.found.value?.items !== shown || !sameSearch(latest.current.search, asked.search))
          throw new Error("the list changed meanwhile");
        const known = new Set(shown?.map(({ id }) => id));
        const titles = now.items.filter(({ id }) => !known.has(id)).map(({ title }) => title);
        if (shown !== undefined && titles.length > 0) setArrived(titles);
        asked.found.set(now);
      }),
    [since],
  );
  return arrived;
}

function Nothing({ searched }: { readonly searched: boolean }) {
  const { library, home } = t();
  return (
    <div class="empty">
      <Icon name="image" />
      <p>{searched ? library.nothingFound : library.empty}</p>
      {!searched && (
        <a class="button button-main" href={href("send")}>
          {home.sendTitle}
        </a>
      )}
    </div>
  );
}

interface MemoryProps {
  readonly item: Listed;
  readonly onAsk: (what: Asked["what"]) => void;
}

function Memory({ item, onAsk }: MemoryProps) {
  const { library } = t();
  return (
    <article class="memory" aria-label={item.title}>
      <a class="memory-link" href={href("look", { resourceId: item.id })}>
        <Poster url={item.poster?.url} kind={item.kind} />
        <span class="memory-title">{item.title}</span>
      </a>
      <div class="row row-between memory-foot">
        <span class="dim small">{item.isSample ? library.sample : day(item.createdAt)}</span>
        {!item.isSample && (
          <span class="memory-actions">
            <button
              type="button"
              class="button button-quiet"
              aria-label={`${library.rename}: ${item.title}`}
              onClick={() => onAsk("rename")}
            >
              {library.rename}
            </button>
            <button
              type="button"
              class="button button-quiet"
              aria-label={`${library.delete}: ${item.title}`}
              onClick={() => onAsk("delete")}
            >
              <Icon name="trash" />
            </button>
          </span>
        )}
      </div>
    </article>
  );
}

/** The picture of a memory, or a drawing where there is none. */
export function Poster({ url, kind }: { readonly url: string | undefined; readonly kind: string }) {
  const [failed, setFailed] = useState<string>();
  // The same picture is signed again with each list; one that is shown already isn't loaded again.
  const shown = useRef<string>(undefined);
  const isSame = url !== undefined && shown.current?.split("?")[0] === url.split("?")[0];
  const src = isSame ? shown.current : url;
  if (src === undefined || failed === src)
    return (
      <span class="poster">
        <Icon name={kind === "avatar" ? "person" : "door"} />
      </span>
    );
  return (
    <span class="poster">
      <img
        src={src}
        alt=""
        loading="lazy"
        decoding="async"
        onLoad={() => {
          shown.current = src;
        }}
        onError={() => setFailed(src)}
      />
    </span>
  );
}

/** The value as it was when it last stayed the same for so long. */
function useLater(value: string, milliseconds: number): string {
  const [later, setLater] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setLater(value), milliseconds);
    return () => clearTimeout(timer);
  }, [value, milliseconds]);
  return later;
}
