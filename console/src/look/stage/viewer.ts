/** Everything that is three.js, behind one object that the pages use. Loaded only when something is looked at. */
import { Group } from "three";
import type { Transform } from "../editor/transform.ts";
import type { ResultFile } from "../files/chooseFormat.ts";
import type { Addresses } from "../files/download.ts";
import type { Box } from "../models/box.ts";
import { loadModel } from "../models/loadModel.ts";
import { boxOf, type Model } from "../models/model.ts";
import { makeAround, type Turn } from "./around.ts";
import { type Ground, groundOf } from "./ground.ts";
import { type Handles, makeHandles } from "./handles.ts";
import { makeStage } from "./stage.ts";
import { standingIn } from "./standing.ts";
import type { Tool } from "./tools.ts";
import { enterVr } from "./vr.ts";
import { type Move, makeWalk } from "./walk.ts";

export type Mode = "walk" | "around";

/** A scene or a figure at a place. */
export interface Part {
  readonly resourceId: string;
  readonly kind: "scene" | "avatar";
  readonly transform: Transform;
  readonly files: readonly ResultFile[];
  readonly addresses: Addresses;
}

/** How far loading is. A part that failed is left out of the sums. */
export interface Loading {
  readonly bytes: number;
  readonly total: number;
  /** Whether parts are still on their way. */
  readonly busy: boolean;
  /** By the part's place in the list. */
  readonly failed: ReadonlyMap<number, unknown>;
}

export interface ViewerOptions {
  readonly canvas: HTMLCanvasElement;
  readonly reducedMotion: boolean;
  readonly isDark: boolean;
  readonly mode: Mode;
  readonly loading: (loading: Loading) => void;
  readonly lost: () => void;
  /** With these, parts can be selected and moved. */
  readonly editing?: {
    /** @param at in the list of parts; @param done false while it is dragged */
    moved(at: number, transform: Transform, done: boolean): void;
    picked(at: number | undefined): void;
    /** Whether arrow keys move what is selected, and not the view. */
    takesKeys(): boolean;
  };
}

export interface Viewer {
  /** Shows these parts: those that are there stay, new ones are loaded, others go. What failed before is tried again. */
  show(parts: readonly Part[]): void;
  setMode(mode: Mode): void;
  /** Back to where one began. */
  reset(): void;
  /** Walks until it is released. */
  press(move: Move): () => void;
  turn(turn: Turn): void;
  /** Stands the first part on its head, or back; splats are often made upside down. */
  flip(): void;
  /** Lets moving models move, or stand still. */
  setPlaying(playing: boolean): void;
  hasMotion(): boolean;
  /** Where one enters, on the ground; undefined until the scene is there. */
  entrance(): [number, number, number] | undefined;
  select(at: number | undefined, tool: Tool): void;
  enterVr(options: {
    readonly seated: boolean;
    readonly leaveLabel: string;
    readonly ended: () => void;
  }): Promise<() => Promise<void>>;
  dispose(): void;
}

interface Shown {
  readonly resourceId: string;
  readonly holder: Group;
  readonly stop: AbortController;
  part: Part;
  model?: Model;
  error?: unknown;
  bytes: number;
  total: number;
}

/** @throws NoWebGlError */
export function openViewer(options: ViewerOptions): Viewer {
  const { reducedMotion } = options;
  const stage = makeStage(options);
  let shown: Shown[] = [];
  let mode = options.mode;
  let ground: Ground = groundOf([]);
  let isFramed = false;
  let isPlaying = !reducedMotion;
  let leaveVr: (() => Promise<void>) | undefined;
  const walk = makeWalk({ stage, ground: () => ground, reducedMotion });
  const around = makeAround(stage, () => options.editing?.takesKeys() !== true);
  const handles = options.editing === undefined ? undefined : editingHandles(options.editing);
  let selected: { readonly at: number | undefined; readonly tool: Tool } = { at: undefined, tool: "move" };
  const stopFrames = stage.onFrame((seconds) => {
    if (!isPlaying) return false;
    let moves = false;
    for (const { model } of shown) {
      model?.move?.(seconds);
      moves ||= model?.move !== undefined;
    }
    return moves;
  });

  function editingHandles(editing: NonNullable<ViewerOptions["editing"]>): Handles {
    const place = (object: unknown) => shown.findIndex(({ holder }) => holder === object);
    return makeHandles(
      {
        stage,
        around,
        pickable: () => shown.filter(({ part }) => part.kind === "avatar").map(({ holder }) => holder),
      },
      {
        moved: (object, transform, done) => editing.moved(place(object), transform, done),
        picked: (object) => editing.picked(object === undefined ? undefined : place(object)),
      },
    );
  }

  const report = () => {
    const counted = shown.filter(({ error }) => error === undefined);
    options.loading({
      bytes: counted.reduce((sum, { bytes }) => sum + bytes, 0),
      total: counted.reduce((sum, { total }) => sum + total, 0),
      busy: counted.some(({ model }) => model === undefined),
      failed: new Map(shown.flatMap(({ error }, at) => (error === undefined ? [] : [[at, error]]))),
    });
  };
  const add = (part: Part): Shown => {
    const one: Shown = {
      resourceId: part.resourceId,
      holder: new Group(),
      stop: new AbortController(),
      part,
      bytes: 0,
      total: part.files.find(({ role }) => role === "model")?.size ?? 0,
    };
    stage.scene.add(one.holder);
    void load(one);
    return one;
  };
  const load = async (one: Shown) => {
    const { signal } = one.stop;
    try {
      const { files, addresses } = one.part;
      const progress = ({ bytes, total }: { readonly bytes: number; readonly total: number }) => {
        Object.assign(one, { bytes, total });
        report();
      };
      const model = await loadModel({ files, addresses, signal, progress }, stage);
      one.model = model;
      one.holder.add(model.object);
      arrived();
    } catch (error) {
      if (signal.aborted) return;
      one.error = error;
      report();
    }
  };
  const arrived = () => {
    const solid = shown.filter(({ part, model }) => part.kind === "scene" && model?.solid === true);
    ground = groundOf(solid.map(({ holder }) => holder));
    const isFirst = shown.some(({ part, model }) => part.kind === "scene" && model !== undefined);
    if (!isFramed && (isFirst || shown.every(({ part }) => part.kind !== "scene"))) {
      isFramed = true;
      reset();
    }
    select(selected.at, selected.tool);
    stage.invalidate();
    report();
  };
  const remove = async ({ stop, holder, model }: Shown) => {
    stop.abort(new Error("not shown any more"));
    holder.removeFromParent();
    await model?.dispose();
  };
  const select = (at: number | undefined, tool: Tool) => {
    selected = { at, tool };
    const one = at === undefined ? undefined : shown[at];
    handles?.select(one?.model === undefined ? undefined : one.holder, tool);
  };
  const boxes = (kind: Part["kind"]): Box[] =>
    shown.flatMap(({ part, model, holder }) =>
      part.kind === kind && model ? [placedBox(holder, model)] : [],
    );
  const reset = () => {
    const [scene] = boxes("scene");
    const figures = boxes("avatar");
    if (scene !== undefined) walk.stand(standingIn(scene));
    if (mode === "walk") walk.apply();
    else if (options.editing !== undefined && scene !== undefined) lookOver(scene, figures);
    else around.frame(scene ?? figures[0] ?? { min: [-1, 0, -1], max: [1, 2, 1] });
  };
  /** From inside the scene, since from outside one sees the backs of its walls. */
  const lookOver = (scene: Box, figures: readonly Box[]) => {
    const { at, floor, eyes } = standingIn(scene);
    const [figure] = figures;
    const [x, z] = figure === undefined ? [at[0], at[1] - eyes] : [middle(figure, 0), middle(figure, 2)];
    around.lookFrom([x + eyes * 0.5, floor + eyes * 1.35, z + eyes * 2.6], [x, floor + eyes * 0.55, z]);
  };
  const setMode = (next: Mode) => {
    mode = next;
    walk.setActive(next === "walk");
    around.setActive(next === "around");
    stage.camera.rotation.order = "YXZ";
    if (isFramed) reset();
  };
  setMode(mode);

  return {
    setMode,
    reset,
    select,
    press: walk.press,
    turn: around.turn,
    show(parts) {
      const left = new Set(shown.filter(({ error }) => error === undefined));
      const kept = shown;
      shown = parts.map((part, at) => {
        const same = (one: Shown | undefined) =>
          one !== undefined &&
          left.has(one) &&
          one.resourceId === part.resourceId &&
          one.part.kind === part.kind;
        const found = same(kept[at]) ? kept[at] : kept.find(same);
        if (found === undefined) return add(part);
        left.delete(found);
        found.part = part;
        return found;
      });
      for (const one of kept) if (!shown.includes(one)) void remove(one);
      for (const { holder, part } of shown) {
        holder.position.fromArray(part.transform.position);
        holder.quaternion.fromArray(part.transform.rotation);
        holder.scale.fromArray(part.transform.scale);
        holder.updateMatrixWorld(true);
      }
      handles?.refresh();
      stage.invalidate();
      report();
    },
    flip() {
      const [first] = shown;
      if (first?.model === undefined) return;
      first.model.object.rotateX(Math.PI);
      first.model.object.updateMatrixWorld(true);
      reset();
    },
    setPlaying(playing) {
      isPlaying = playing;
    },
    hasMotion: () => shown.some(({ model }) => model?.move !== undefined),
    entrance: () => (isFramed ? [walk.place.x, walk.place.floor, walk.place.z] : undefined),
    async enterVr({ seated, leaveLabel, ended }) {
      const leave = await enterVr({
        stage,
        ground: () => ground,
        place: walk.place,
        seated,
        leaveLabel,
        ended() {
          leaveVr = undefined;
          if (mode === "walk") walk.apply();
          else reset();
          ended();
        },
      });
      leaveVr = leave;
      return leave;
    },
    dispose() {
      void leaveVr?.();
      stopFrames();
      handles?.dispose();
      around.dispose();
      walk.dispose();
      stage.stop();
      // What is under way on the graphics card has to end before the card is given back.
      void Promise.all(shown.map(remove)).then(() => stage.dispose());
    },
  };
}

function middle({ min, max }: Box, axis: 0 | 2): number {
  return (min[axis] + max[axis]) / 2;
}

/** The box of a model where it is placed. That of splats can't be measured again, so it is moved and sized, not turned. */
function placedBox(holder: Group, { box, solid, object }: Model): Box {
  if (solid) return boxOf(object);
  const side = (corner: Box["min"]): [number, number, number] => [
    corner[0] * holder.scale.x + holder.position.x,
    corner[1] * holder.scale.y + holder.position.y,
    corner[2] * holder.scale.z + holder.position.z,
  ];
  return { min: side(box.min), max: side(box.max) };
}
