import { useEffect, useId, useMemo, useRef, useState } from "preact/hooks";
import { href } from "../nav/routes.ts";
import { Field } from "../ui/Field.tsx";
import { Icon } from "../ui/Icon.tsx";
import { Notice } from "../ui/Notice.tsx";
import { Page } from "../ui/Page.tsx";
import { Problem } from "../ui/Problem.tsx";
import { partOf } from "./api.ts";
import { besideOthers } from "./editor/arrival.ts";
import { type Composition, MOST_AVATARS, type Placed, withAvatar } from "./editor/composition.ts";
import { nudged } from "./editor/nudge.ts";
import { storable, type Transform, type Triple } from "./editor/transform.ts";
import { type Editing, type Opened, useEditing } from "./editor/useEditing.ts";
import { Meanwhile } from "./Meanwhile.tsx";
import { PickDialog } from "./PickDialog.tsx";
import { PlaceFields } from "./PlaceFields.tsx";
import { TOOLS, type Tool } from "./stage/tools.ts";
import type { Part, Viewer } from "./stage/viewer.ts";
import { lookTexts } from "./texts/texts.ts";
import { useViewer } from "./useViewer.ts";
import { ViewerCanvas } from "./ViewerCanvas.tsx";
import { Cover, retry } from "./ViewerFrame.tsx";
import "./viewer.css";

/** What is selected: the scene, or an avatar by its place in the list. */
type Selected = "scene" | number | undefined;

/** Puts a VR video together. */
export function Editor({ opened }: { readonly opened: Opened }) {
  const { edit } = lookTexts();
  const editing = useEditing(opened);
  const { composition } = editing;
  const [selected, setSelected] = useState<Selected>(composition.avatars.length > 0 ? 0 : undefined);
  const [tool, setTool] = useState<Tool>("move");
  const [shown, setShown] = useState<Composition>();
  const viewer = useRef<Viewer>(undefined);
  const current =
    typeof selected === "number" && selected >= composition.avatars.length ? undefined : selected;
  const needs = needed(composition);
  useUndoKeys(editing);
  const place = (at: Exclude<Selected, undefined>, transform: Transform, step?: string) =>
    editing.change((now) => placedAt(now, at, () => storable(transform)), step);
  const id = opened.id;
  return (
    <Page
      title={id === undefined ? edit.newTitle : edit.title}
      actions={
        id !== undefined && (
          <a class="button" href={href("video", { videoId: id })}>
            {edit.visit}
          </a>
        )
      }
    >
      {editing.wasKept && !editing.isSaved && <Notice tone="wait">{edit.kept}</Notice>}
      {editing.conflict !== undefined && (
        <Meanwhile editing={editing} conflict={editing.conflict} shown={shown} onShow={setShown} />
      )}
      <div class="editor">
        <Picture
          editing={editing}
          composition={shown ?? composition}
          selected={shown === undefined ? current : undefined}
          tool={tool}
          onSelect={setSelected}
          onPlace={place}
          onViewer={(opened) => {
            viewer.current = opened;
          }}
        />
        <div class="editor-side">
          <Field
            label={edit.name}
            hint={edit.nameHint}
            value={composition.title}
            maxLength={200}
            onChange={(title) => editing.change((now) => ({ ...now, title }), "title")}
          />
          <Saving editing={editing} needs={needs} />
          <Parts
            editing={editing}
            spaceId={opened.spaceId}
            selected={current}
            onSelect={setSelected}
            entrance={() => viewer.current?.entrance()}
          />
          {current !== undefined && (
            <>
              <Tools tool={tool} onTool={setTool} />
              <PlaceFields
                key={current}
                transform={transformAt(composition, current)}
                onChange={(transform, step) => place(current, transform, step)}
                onFinished={editing.finish}
              />
            </>
          )}
        </div>
      </div>
    </Page>
  );
}

interface SavingProps {
  readonly editing: Editing;
  /** What is missing before it can be saved. */
  readonly needs: "needsTitle" | "needsAvatar" | undefined;
}

function Saving({ editing, needs }: SavingProps) {
  const { edit } = lookTexts();
  const { saving } = editing;
  const canSave = needs === undefined && editing.isChanged && !saving.busy && editing.conflict === undefined;
  return (
    <div class="stack-tight">
      <div class="editor-bar">
        <button type="button" class="button button-main" disabled={!canSave} onClick={editing.save}>
          {edit.save}
        </button>
        <button type="button" class="button" disabled={!editing.canUndo} onClick={editing.undo}>
          {edit.undo}
        </button>
        <button type="button" class="button" disabled={!editing.canRedo} onClick={editing.redo}>
          {edit.redo}
        </button>
      </div>
      <p class="dim small" role="status">
        {needs === undefined ? stateOf(editing) : edit[needs]}
      </p>
      <Problem error={saving.error} />
    </div>
  );
}

function stateOf({ isSaved, isChanged }: Editing): string {
  const { edit } = lookTexts();
  if (isSaved) return edit.saved;
  return isChanged ? edit.saveFirst : "";
}

/** What is missing before it can be saved. */
function needed({ title, avatars }: Composition): "needsTitle" | "needsAvatar" | undefined {
  if (avatars.length === 0) return "needsAvatar";
  return title.trim() === "" ? "needsTitle" : undefined;
}

function transformAt({ scene, avatars }: Composition, at: Exclude<Selected, undefined>): Transform {
  return (at === "scene" ? scene : (avatars[at] ?? scene)).transform;
}

function placedAt(
  composition: Composition,
  at: Exclude<Selected, undefined>,
  change: (transform: Transform) => Transform,
): Composition {
  const moved = (placed: Placed): Placed => ({ ...placed, transform: change(placed.transform) });
  return at === "scene"
    ? { ...composition, scene: moved(composition.scene) }
    : withAvatar(composition, at, moved);
}

interface PictureProps {
  readonly editing: Editing;
  readonly composition: Composition;
  readonly selected: Selected;
  readonly tool: Tool;
  readonly onSelect: (selected: Selected) => void;
  readonly onPlace: (at: Exclude<Selected, undefined>, transform: Transform, step?: string) => void;
  readonly onViewer: (viewer: Viewer | undefined) => void;
}

/** The parts of the viewer's list are the scene and then the avatars. */
function Picture({ editing, composition, selected, tool, onSelect, onPlace, onViewer }: PictureProps) {
  const { edit } = lookTexts();
  const { resources } = editing;
  const helpId = useId();
  const parts = useMemo(() => partsOf(composition, resources), [composition, resources]);
  const names = parts.map(({ resourceId }) => resources.get(resourceId)?.title ?? "");
  const at = selected === undefined ? undefined : selected === "scene" ? 0 : selected + 1;
  const state = useViewer({
    parts,
    mode: "around",
    editing: {
      moved(index, transform, done) {
        onPlace(index === 0 ? "scene" : index - 1, transform, "drag");
        if (done) editing.finish();
      },
      picked: (index) => onSelect(index === undefined || index === 0 ? undefined : index - 1),
      takesKeys: () => selected !== undefined,
    },
  });
  const { viewer } = state;
  useEffect(() => viewer?.select(at, tool), [viewer, at, tool, parts]);
  useEffect(() => onViewer(viewer), [viewer]);
  const onKey = (event: KeyboardEvent) => {
    if (selected === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.code === "Escape") {
      onSelect(undefined);
      return;
    }
    const next = nudged(transformAt(composition, selected), event.key, event.shiftKey);
    if (next === undefined) return;
    event.preventDefault();
    onPlace(selected, next, `key ${event.key}`);
  };
  const scene = resources.get(composition.scene.resourceId);
  return (
    <div class="viewer">
      <div class="viewer-picture">
        <ViewerCanvas
          key={state.key}
          canvas={state.canvas}
          title={composition.title || edit.newTitle}
          helpId={helpId}
          onKeyDown={onKey}
          onKeyUp={editing.finish}
        />
        <Cover
          state={state}
          poster={scene?.files.find(({ role }) => role === "poster")?.url}
          names={names}
          retry={() => retry(state, parts)}
        />
      </div>
      <p id={helpId} class="viewer-help">
        {edit.help}
      </p>
    </div>
  );
}

/** Parts are made once for each resource and transform, so that what stays is not loaded again. */
function partsOf({ scene, avatars }: Composition, resources: Editing["resources"]): Part[] {
  return [scene, ...avatars].flatMap(({ resourceId, transform }, at) => {
    const resource = resources.get(resourceId);
    return resource === undefined ? [] : [partOf(resource, at === 0 ? "scene" : "avatar", transform)];
  });
}

interface PartsProps {
  readonly editing: Editing;
  readonly spaceId: string;
  readonly selected: Selected;
  readonly onSelect: (selected: Selected) => void;
  readonly entrance: () => Triple | undefined;
}

/** The list of what is in it, with what can be put in and taken out. */
function Parts({ editing, spaceId, selected, onSelect, entrance }: PartsProps) {
  const { edit } = lookTexts();
  const { composition, resources } = editing;
  const [picking, setPicking] = useState<Part["kind"]>();
  const [error, setError] = useState<unknown>();
  const titleId = useId();
  const { avatars, scene } = composition;
  const title = ({ resourceId }: Placed) => resources.get(resourceId)?.title ?? edit.unknown;
  const take = async (kind: Part["kind"], resourceId: string) => {
    setPicking(undefined);
    setError(undefined);
    try {
      await editing.know(resourceId);
    } catch (failed) {
      setError(failed);
      return;
    }
    if (kind === "scene") {
      editing.change((now) => ({ ...now, scene: { ...now.scene, resourceId } }));
      return;
    }
    editing.change((now) => ({
      ...now,
      avatars: [...now.avatars, { resourceId, transform: besideOthers(now.avatars, entrance()) }],
    }));
    onSelect(avatars.length);
  };
  return (
    <section class="stack-tight" aria-labelledby={titleId}>
      <h2 id={titleId}>{edit.parts}</h2>
      <ul class="editor-parts">
        <li>
          <PartButton isSelected={selected === "scene"} onPress={() => onSelect("scene")}>
            {`${edit.scene}: ${title(scene)}`}
          </PartButton>
        </li>
        {avatars.map((avatar, at) => (
          // Two of the same resource differ only by their places.
          <li key={`${avatar.resourceId} ${at}`}>
            <PartButton isSelected={selected === at} onPress={() => onSelect(at)}>
              {edit.avatar(at + 1, title(avatar))}
            </PartButton>
          </li>
        ))}
      </ul>
      <div class="editor-bar">
        <button
          type="button"
          class="button"
          disabled={avatars.length >= MOST_AVATARS}
          onClick={() => setPicking("avatar")}
        >
          <Icon name="plus" />
          {edit.add}
        </button>
        {typeof selected === "number" && (
          <button
            type="button"
            class="button"
            onClick={() => {
              editing.change((now) => withAvatar(now, selected, () => undefined));
              onSelect(undefined);
            }}
          >
            {edit.remove}
          </button>
        )}
        <button type="button" class="button button-quiet" onClick={() => setPicking("scene")}>
          {edit.otherScene}
        </button>
      </div>
      {avatars.length >= MOST_AVATARS && <p class="dim small">{edit.full}</p>}
      <Problem error={error} />
      {picking !== undefined && (
        <PickDialog
          spaceId={spaceId}
          kind={picking}
          onPick={({ id }) => void take(picking, id)}
          onClose={() => setPicking(undefined)}
        />
      )}
    </section>
  );
}

function PartButton({
  isSelected,
  onPress,
  children,
}: {
  readonly isSelected: boolean;
  readonly onPress: () => void;
  readonly children: string;
}) {
  return (
    <button type="button" class="button editor-part" aria-pressed={isSelected} onClick={onPress}>
      {children}
    </button>
  );
}

function Tools({ tool, onTool }: { readonly tool: Tool; readonly onTool: (tool: Tool) => void }) {
  const { tools } = lookTexts().edit;
  return (
    <fieldset class="editor-fields">
      <legend>{tools.title}</legend>
      <div class="editor-bar editor-wide">
        {TOOLS.map((each) => (
          <button
            key={each}
            type="button"
            class="button editor-tool"
            aria-pressed={tool === each}
            onClick={() => onTool(each)}
          >
            {tools[each]}
          </button>
        ))}
      </div>
    </fieldset>
  );
}

/** Ctrl or Cmd with Z and Y, except in a field of text, which has its own. */
function useUndoKeys(editing: Editing): void {
  const latest = useRef(editing);
  latest.current = editing;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
      if (event.target instanceof HTMLInputElement) return;
      const key = event.key.toLowerCase();
      const isRedo = key === "y" || (key === "z" && event.shiftKey);
      if (!isRedo && key !== "z") return;
      event.preventDefault();
      if (isRedo) latest.current.redo();
      else latest.current.undo();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}
