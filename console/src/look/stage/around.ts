/** Looking at something from all sides: by dragging, by keys, and by buttons on the page. */
import { Spherical, Vector3 } from "three";
import { OrbitControls } from "three/examples/jsm/controls/OrbitControls.js";
import type { Box } from "../models/box.ts";
import type { Stage } from "./stage.ts";
import { outsideOf } from "./standing.ts";

export const TURNS = ["left", "right", "up", "down", "nearer", "farther"] as const;
export type Turn = (typeof TURNS)[number];

export interface Around {
  /** Looks at a box so that all of it is seen. */
  frame(box: Box): void;
  /** Looks from one point at another. */
  lookFrom(eye: readonly [number, number, number], target: readonly [number, number, number]): void;
  turn(turn: Turn): void;
  setActive(active: boolean): void;
  /** Stops following the pointer while something else does. */
  setHeld(held: boolean): void;
  dispose(): void;
}

const STEP = Math.PI / 12;
const NEARER = 0.85;
const keys: Readonly<Record<string, Turn>> = {
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowUp: "up",
  ArrowDown: "down",
  Equal: "nearer",
  NumpadAdd: "nearer",
  Minus: "farther",
  NumpadSubtract: "farther",
};

/** @param takesKeys whether the arrow keys turn the view at the moment */
export function makeAround(stage: Stage, takesKeys: () => boolean = () => true): Around {
  const { canvas, camera } = stage;
  const controls = new OrbitControls(camera, canvas);
  controls.enableDamping = false;
  controls.enabled = false;
  controls.addEventListener("change", stage.invalidate);
  const spherical = new Spherical();
  const way = new Vector3();
  const turn = (turned: Turn) => {
    spherical.setFromVector3(way.subVectors(camera.position, controls.target));
    if (turned === "left" || turned === "right") spherical.theta += turned === "left" ? -STEP : STEP;
    else if (turned === "up" || turned === "down") spherical.phi += turned === "up" ? -STEP : STEP;
    else spherical.radius *= turned === "nearer" ? NEARER : 1 / NEARER;
    spherical.makeSafe();
    camera.position.setFromSpherical(spherical).add(controls.target);
    controls.update();
    stage.invalidate();
  };
  const onKey = (event: KeyboardEvent) => {
    const turned = keys[event.code];
    if (!controls.enabled || turned === undefined || !takesKeys()) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    turn(turned);
  };
  canvas.addEventListener("keydown", onKey);
  const lookFrom: Around["lookFrom"] = (eye, target) => {
    camera.position.set(...eye);
    controls.target.set(...target);
    controls.update();
    stage.invalidate();
  };
  return {
    turn,
    lookFrom,
    frame(box) {
      const { eye, target } = outsideOf(box, { fieldOfView: camera.fov, aspect: camera.aspect });
      lookFrom(eye, target);
    },
    setActive(active) {
      controls.enabled = active;
      canvas.style.touchAction = "none";
    },
    setHeld(held) {
      controls.enabled = !held;
    },
    dispose() {
      canvas.removeEventListener("keydown", onKey);
      controls.dispose();
    },
  };
}
