import "./library.css";
import { useEffect, useState } from "preact/hooks";
import { api } from "../api/client.ts";
import { answered } from "../api/problem.ts";
import type { components } from "../api/schema.d.ts";
import { day } from "../i18n/format.ts";
import { t } from "../i18n/text.ts";
import { href } from "../nav/routes.ts";
import { Choices } from "../ui/Choices.tsx";
import { Field } from "../ui/Field.tsx";
import { Icon } from "../ui/Icon.tsx";
import { Page } from "../ui/Page.tsx";
import { Problem, Waiting } from "../ui/Problem.tsx";
import { useAction } from "../ui/useAction.ts";
import { useRemote } from "../ui/useRemote.ts";
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

/** What a person wants to do with a memory, and is asked about. */
interface Asked {
  readonly what: "rename" | "delete";
  readonly item: Listed;
}

async function find(
  kind: KindFilter,
  q: string,
  cursor: string | undefined,
  signal?: AbortSignal,
): Promise<Found> {
  const query = {
    limit: PAGE,
    ...(kind === "all" ? {} : { kind }),
    ...(q === "" ? {} : { q }),
    ...(cursor === undefined ? {} : { cursor }),
  };
  return answered(
    await api.GET("/v1/resources", { params: { query }, ...(signal === undefined ? {} : { signal }) }),
  );
}

/** All places and people that the family has, to be found by their titles. */
export function LibraryPage() {
  const { library } = t();
  const [kind, setKind] = useState<KindFilter>("all");
  const [typed, setTyped] = useState("");
  const searched = useLater(typed.trim(), TYPING_MS);
  const found = useRemote((signal) => find(kind, searched, undefined, signal), [kind, searched]);
  const more = useAction();
  // Of the page and not of the memory's tile, which goes when the list changes under an open dialog.
  const [asked, setAsked] = useState<Asked>();
  const close = () => setAsked(undefined);
  const done = () => {
    close();
    found.reload();
  };
  const { value } = found;
  const loadMore = () =>
    more.run(async () => {
      if (value === undefined || value.nextCursor === null) return;
      const next = await find(kind, searched, value.nextCursor);
      found.set({ items: [...value.items, ...next.items], nextCursor: next.nextCursor });
    });
  return (
    <Page title={library.title} about={library.about}>
      <search class="library-search">
        <Field label={library.search} type="search" value={typed} onChange={setTyped} maxLength={200} />
        <Choices
          tight
          legend={library.show}
          options={KINDS.map((name) => ({ value: name, label: library.kinds[name] }))}
          value={kind}
          onChoose={setKind}
        />
      </search>
      {value === undefined ? (
        <Waiting error={found.error} retry={found.reload} />
      ) : (
        <>
          <Problem error={found.error} retry={found.reload} />
          <p class="visually-hidden" role="status">
            {library.found(value.items.length)}
          </p>
          {value.items.length === 0 ? (
            <Nothing searched={searched !== "" || kind !== "all"} />
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
        </>
      )}
      {asked?.what === "rename" && <RenameMemory id={asked.item.id} onClose={close} onDone={done} />}
      {asked?.what === "delete" && <DeleteMemory item={asked.item} onClose={close} onDone={done} />}
    </Page>
  );
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
  const [failed, setFailed] = useState(false);
  if (url === undefined || failed)
    return (
      <span class="poster">
        <Icon name={kind === "avatar" ? "person" : "door"} />
      </span>
    );
  return (
    <span class="poster">
      <img src={url} alt="" loading="lazy" decoding="async" onError={() => setFailed(true)} />
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
