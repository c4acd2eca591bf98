import { effect } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { attempts } from "../../api/attempts.ts";
import { ProblemError } from "../../api/problem.ts";
import { navigate } from "../../nav/router.ts";
import { href } from "../../nav/routes.ts";
import { sessionState } from "../../session/session.ts";
import { type Action, useAction } from "../../ui/useAction.ts";
import { createVideo, loadResource, type OpenedVideo, openVideo, type Resource, saveVideo } from "../api.ts";
import { type Composition, changeFor, onTop } from "./composition.ts";
import { begun, did, finished, type History, redone, undone } from "./history.ts";

/** What an editor begins with: a VR video in a state that was read, or one that is not saved yet. */
export type Opened = Omit<OpenedVideo, "id" | "etag"> &
  ({ readonly id: string; readonly etag: string } | { readonly id: undefined; readonly etag: undefined });

/** Someone else's change came first. `theirs` is undefined when they deleted the VR video. */
export interface Conflict {
  readonly theirs: OpenedVideo | undefined;
}

export interface Editing {
  readonly composition: Composition;
  /** What both this person and anyone else began with: the state that was read or saved last. */
  readonly base: Composition;
  readonly isChanged: boolean;
  readonly isSaved: boolean;
  /** What is shown was brought back from an editor that was left. */
  readonly wasKept: boolean;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  readonly resources: ReadonlyMap<string, Resource>;
  readonly conflict: Conflict | undefined;
  readonly saving: Action;
  /** @param step names a drag or the typing in a field, which is undone as one */
  change(change: (now: Composition) => Composition, step?: string): void;
  finish(): void;
  undo(): void;
  redo(): void;
  /** Loads what is not known yet of a resource. */
  know(resourceId: string): Promise<void>;
  save(): void;
  takeTheirs(): void;
  putOnTop(): void;
  saveAsNew(): void;
}

interface Draft {
  /** What its editor began with. */
  readonly opened: Opened;
  readonly composition: Composition;
  readonly resources: ReadonlyMap<string, Resource>;
}

/** Changes that were not saved when their editor was left, the latest last. They last as long as the page and the session. */
const kept = new Map<string, Draft>();
effect(() => {
  if (sessionState.value === "out") kept.clear();
});

/** A VR video that is saved has an id; a new one is known by what it began with. */
function keyOf({ id, spaceId, composition: { scene, avatars } }: Opened): string {
  return id ?? ["new", spaceId, ...[scene, ...avatars].map(({ resourceId }) => resourceId)].join(" ");
}

/** What the new VR video of a space began with that was left last without being saved. */
export function unsavedNew(spaceId: string): Opened | undefined {
  return [...kept.values()].findLast(({ opened }) => opened.id === undefined && opened.spaceId === spaceId)
    ?.opened;
}

/** The state of an editor. */
export function useEditing(opened: Opened): Editing {
  const key = keyOf(opened);
  const [draft] = useState(() => kept.get(key));
  const [history, setHistory] = useState<History<Composition>>(() => {
    const start = begun(opened.composition);
    return draft === undefined ? start : did(start, draft.composition);
  });
  const [saved, setSaved] = useState<{ base: Composition; etag: string | undefined; times: number }>({
    base: opened.composition,
    etag: opened.etag,
    times: 0,
  });
  const [resources, setResources] = useState<ReadonlyMap<string, Resource>>(
    () => new Map([...(draft?.resources ?? []), ...opened.resources]),
  );
  const [conflict, setConflict] = useState<Conflict>();
  const [creating] = useState(attempts);
  const saving = useAction();
  const { present } = history;
  const differs = changeFor(saved.base, present) !== undefined;
  const isChanged = opened.id === undefined || differs;
  const forget = useKeeping(key, differs ? { opened, composition: present, resources } : undefined);

  const know = async (resourceId: string) => {
    if (resources.has(resourceId)) return;
    const resource = await loadResource(resourceId);
    setResources((known) => new Map([...known, [resourceId, resource]]));
  };
  const createNew = async (composition: Composition) => {
    const id = await creating.send(composition, (key) => createVideo(opened.spaceId, composition, key));
    forget();
    navigate(href("editVideo", { videoId: id }), { replace: true });
  };
  /** Saves a composition over a state; if that is no longer the state, shows what is. */
  const saveOver = async (composition: Composition, base: Composition, etag: string, id: string) => {
    const change = changeFor(base, composition);
    if (change === undefined) return;
    try {
      const next = await saveVideo(id, change, etag);
      if (next !== undefined) {
        setSaved(({ times }) => ({ base: composition, etag: next, times: times + 1 }));
        return;
      }
      const theirs = await openVideo(id);
      setResources((known) => new Map([...known, ...theirs.resources]));
      setConflict({ theirs });
    } catch (error) {
      if (!(error instanceof ProblemError) || error.code !== "not_found") throw error;
      setConflict({ theirs: undefined });
    }
  };
  /** Goes on from the state that someone else saved. */
  const goOnFrom = ({ composition, etag }: OpenedVideo) => {
    setSaved(({ times }) => ({ base: composition, etag, times }));
    setConflict(undefined);
  };

  return {
    composition: present,
    base: saved.base,
    isChanged,
    isSaved: saved.times > 0 && !isChanged,
    wasKept: draft !== undefined,
    canUndo: history.past.length > 0,
    canRedo: history.future.length > 0,
    resources,
    conflict,
    saving,
    change: (change, step) => setHistory((before) => did(before, change(before.present), step)),
    finish: () => setHistory(finished),
    undo: () => setHistory(undone),
    redo: () => setHistory(redone),
    know,
    save: () =>
      saving.run(() => {
        const { id } = opened;
        return id === undefined || saved.etag === undefined
          ? createNew(present)
          : saveOver(present, saved.base, saved.etag, id);
      }),
    takeTheirs() {
      const theirs = conflict?.theirs;
      if (theirs === undefined) return;
      setHistory((before) => did(before, theirs.composition));
      goOnFrom(theirs);
    },
    putOnTop() {
      const theirs = conflict?.theirs;
      if (theirs === undefined) return;
      const both = onTop({ base: saved.base, mine: present, theirs: theirs.composition });
      setHistory((before) => did(before, both));
      goOnFrom(theirs);
      saving.run(() => saveOver(both, theirs.composition, theirs.etag, theirs.id));
    },
    saveAsNew: () => saving.run(() => createNew(present)),
  };
}

/**
 * Keeps what is not saved when the editor is left, and has the browser ask before it closes the page.
 * @returns forgets it, once it was saved as another VR video
 */
function useKeeping(key: string, unsaved: Draft | undefined): () => void {
  const latest = useRef(unsaved);
  const isForgotten = useRef(false);
  latest.current = unsaved;
  useEffect(() => {
    const ask = (event: BeforeUnloadEvent) => {
      if (isForgotten.current || latest.current === undefined) return;
      if (latest.current.composition.avatars.length > 0) event.preventDefault();
    };
    addEventListener("beforeunload", ask);
    return () => {
      removeEventListener("beforeunload", ask);
      kept.delete(key);
      const keeps = !isForgotten.current && sessionState.peek() !== "out";
      if (keeps && latest.current !== undefined) kept.set(key, latest.current);
    };
  }, [key]);
  return () => {
    isForgotten.current = true;
    kept.delete(key);
  };
}
