/** Moving, turning and sizing what stands in a scene, by handles that are dragged. */
import { BoxHelper, Color, type Object3D, Raycaster, Vector2 } from "three";
import { TransformControls } from "three/examples/jsm/controls/TransformControls.js";
import type { Transform } from "../editor/transform.ts";
import type { Around } from "./around.ts";
import type { Stage } from "./stage.ts";
import type { Tool } from "./tools.ts";

const modes = { move: "translate", turn: "rotate", size: "scale" } as const;

export interface HandlesEvents {
  /** @param done false while it is still being dragged */
  moved(object: Object3D, transform: Transform, done: boolean): void;
  /** Something was pointed at, without dragging; undefined for none of the given objects. */
  picked(object: Object3D | undefined): void;
}

export interface Handles {
  select(object: Object3D | undefined, tool: Tool): void;
  /** What is selected was moved by something else. */
  refresh(): void;
  dispose(): void;
}

/** Farther than this, a press that moves is a drag. */
const STILL_PIXELS = 5;

/** @param pickable what can be selected by pointing at it */
export function makeHandles(
  { stage, around, pickable }: { stage: Stage; around: Around; pickable: () => readonly Object3D[] },
  events: HandlesEvents,
): Handles {
  const controls = new TransformControls(stage.camera, stage.canvas);
  controls.setSize(0.9);
  const helper = controls.getHelper();
  stage.scene.add(helper);
  let outline: BoxHelper | undefined;
  let begun: Transform | undefined;

  const report = (done: boolean) => {
    const { object } = controls;
    if (object === undefined) return;
    if (begun !== undefined && controls.mode === "scale") keepShape(object, begun);
    outline?.update();
    stage.invalidate();
    events.moved(object, transformOf(object), done);
  };
  controls.addEventListener("change", stage.invalidate);
  controls.addEventListener("objectChange", () => report(false));
  controls.addEventListener("dragging-changed", ({ value }) => {
    around.setHeld(value === true);
    if (value === true) begun = controls.object === undefined ? undefined : transformOf(controls.object);
    else report(true);
  });

  const pointed = picker(stage, pickable);
  let down: { readonly x: number; readonly y: number } | undefined;
  const onDown = (event: PointerEvent) => {
    down = event.isPrimary && controls.axis === null ? { x: event.clientX, y: event.clientY } : undefined;
  };
  const onUp = (event: PointerEvent) => {
    if (down === undefined || Math.hypot(event.clientX - down.x, event.clientY - down.y) > STILL_PIXELS)
      return;
    events.picked(pointed(event));
  };
  stage.canvas.addEventListener("pointerdown", onDown);
  stage.canvas.addEventListener("pointerup", onUp);

  const unmark = () => {
    outline?.removeFromParent();
    outline?.dispose();
    outline = undefined;
  };
  return {
    select(object, tool) {
      unmark();
      if (object === undefined) controls.detach();
      else {
        controls.attach(object);
        controls.setMode(modes[tool]);
        controls.setSpace(tool === "move" ? "world" : "local");
        outline = new BoxHelper(object, new Color(0x7a5fd0));
        stage.scene.add(outline);
      }
      stage.invalidate();
    },
    refresh() {
      outline?.update();
      stage.invalidate();
    },
    dispose() {
      unmark();
      stage.canvas.removeEventListener("pointerdown", onDown);
      stage.canvas.removeEventListener("pointerup", onUp);
      controls.detach();
      helper.removeFromParent();
      controls.dispose();
    },
  };
}

function transformOf({ position, quaternion, scale }: Object3D): Transform {
  return { position: position.toArray(), rotation: quaternion.toArray(), scale: scale.toArray() };
}

/** People and places grow in all directions at once, by whichever handle. */
function keepShape(object: Object3D, { scale: [x, y, z] }: Transform): void {
  const ratios = [object.scale.x / x, object.scale.y / y, object.scale.z / z].map(Math.abs);
  const ratio = ratios.reduce((most, each) => (Math.abs(each - 1) > Math.abs(most - 1) ? each : most), 1);
  object.scale.set(x * ratio, y * ratio, z * ratio);
}

/** @returns which of the objects is under a pointer */
function picker({ canvas, camera }: Stage, pickable: () => readonly Object3D[]) {
  const raycaster = new Raycaster();
  const at = new Vector2();
  return ({ clientX, clientY }: PointerEvent): Object3D | undefined => {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    at.set(((clientX - left) / width) * 2 - 1, 1 - ((clientY - top) / height) * 2);
    raycaster.setFromCamera(at, camera);
    const objects = pickable();
    const [hit] = raycaster.intersectObjects([...objects], true);
    for (let object: Object3D | null | undefined = hit?.object; object; object = object.parent)
      if (objects.includes(object)) return object;
    return undefined;
  };
}
