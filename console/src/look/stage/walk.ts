/** Walking through a scene on a screen: by keys, by dragging, and by buttons on the page. At one speed, which begins and ends at once. */
import type { Ground } from "./ground.ts";
import type { Stage } from "./stage.ts";
import { floorAt, type Standing, stepBack } from "./standing.ts";

export const MOVES = ["forward", "back", "turnLeft", "turnRight", "left", "right", "up", "down"] as const;
export type Move = (typeof MOVES)[number];

/** Where a person is and looks; angles in radians, 0 looks along -Z. */
export interface Place {
  x: number;
  z: number;
  floor: number;
  /** Of the eyes above the floor. */
  eyes: number;
  heading: number;
  pitch: number;
}

export interface Walk {
  /** Stands there and looks ahead. */
  stand(standing: Standing): void;
  /** Moves for as long as it isn't released. */
  press(move: Move): () => void;
  readonly place: Place;
  /** Shows what is seen from the place. */
  apply(): void;
  setActive(active: boolean): void;
  dispose(): void;
}

interface WalkOptions {
  readonly stage: Stage;
  readonly ground: () => Ground;
  /** Each press is one step then, and nothing glides. */
  readonly reducedMotion: boolean;
}

/** In heights of the eyes and in radians, for each second. */
const SPEED = 0.85;
const TURNING = 1.1;
/** For one press without motion. */
const STEP = 0.35;
const STEP_TURN = Math.PI / 12;
const STEEPEST = 1.3;
const RADIANS_PER_PIXEL = 0.0045;

const keys: Readonly<Record<string, Move>> = {
  ArrowUp: "forward",
  KeyW: "forward",
  ArrowDown: "back",
  KeyS: "back",
  ArrowLeft: "turnLeft",
  ArrowRight: "turnRight",
  KeyA: "left",
  KeyD: "right",
  PageUp: "up",
  PageDown: "down",
};

export function makeWalk({ stage, ground, reducedMotion }: WalkOptions): Walk {
  const { canvas, camera } = stage;
  const place: Place = { x: 0, z: 0, floor: 0, eyes: 1.6, heading: 0, pitch: 0 };
  const pressed = new Map<symbol, Move>();
  const held = new Map<string, () => void>();
  let active = false;

  const apply = () => {
    camera.position.set(place.x, place.floor + place.eyes, place.z);
    camera.rotation.set(place.pitch, place.heading, 0, "YXZ");
    stage.invalidate();
  };
  /** @param length in heights of the eyes; @param angle in radians */
  const go = (move: Move, length: number, angle: number) => {
    if (move === "turnLeft") place.heading += angle;
    else if (move === "turnRight") place.heading -= angle;
    else if (move === "up" || move === "down") look(0, move === "up" ? angle : -angle);
    else stepTo(move, length * place.eyes);
    apply();
  };
  const stepTo = (move: "forward" | "back" | "left" | "right", metres: number) => {
    const [ahead, aside] = { forward: [1, 0], back: [-1, 0], left: [0, -1], right: [0, 1] }[move] as [
      number,
      number,
    ];
    const x = place.x + metres * (aside * Math.cos(place.heading) - ahead * Math.sin(place.heading));
    const z = place.z - metres * (ahead * Math.cos(place.heading) + aside * Math.sin(place.heading));
    const floor = floorAt(place, ground().below(x, place.floor + place.eyes, z));
    if (floor !== undefined) Object.assign(place, { x, z, floor });
  };
  const look = (heading: number, pitch: number) => {
    place.heading += heading;
    place.pitch = Math.min(STEEPEST, Math.max(-STEEPEST, place.pitch + pitch));
  };
  const press = (move: Move) => {
    if (reducedMotion) {
      go(move, STEP, STEP_TURN);
      return () => {};
    }
    const one = Symbol(move);
    pressed.set(one, move);
    return () => {
      pressed.delete(one);
    };
  };
  const stopFrames = stage.onFrame((seconds) => {
    for (const move of pressed.values()) go(move, SPEED * seconds, TURNING * seconds);
    return pressed.size > 0;
  });

  const listeners = new AbortController();
  const { signal } = listeners;
  canvas.addEventListener(
    "keydown",
    (event) => {
      const move = keys[event.code];
      if (!active || move === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      if (held.has(event.code) && !reducedMotion) return;
      held.set(event.code, press(move));
    },
    { signal },
  );
  const release = (code: string) => {
    held.get(code)?.();
    held.delete(code);
  };
  canvas.addEventListener("keyup", (event) => release(event.code), { signal });
  canvas.addEventListener(
    "blur",
    () => {
      for (const code of [...held.keys()]) release(code);
    },
    { signal },
  );
  canvas.addEventListener(
    "pointerdown",
    (event) => {
      if (active && event.isPrimary && event.button === 0) canvas.setPointerCapture(event.pointerId);
    },
    { signal },
  );
  canvas.addEventListener(
    "pointermove",
    (event) => {
      if (!active || !event.isPrimary || !canvas.hasPointerCapture(event.pointerId)) return;
      look(event.movementX * RADIANS_PER_PIXEL, event.movementY * RADIANS_PER_PIXEL);
      apply();
    },
    { signal },
  );

  return {
    place,
    press,
    apply,
    stand({ at: [x, before], floor, eyes }) {
      const y = floor + eyes;
      const back = stepBack({
        eyes,
        ahead: ground().along(x, y, before, -1),
        behind: ground().along(x, y, before, 1),
      });
      const z = before + back;
      const found = ground().below(x, y, z);
      Object.assign(place, {
        x,
        z,
        eyes,
        heading: 0,
        pitch: 0,
        floor: floorAt({ floor, eyes }, found) ?? floor,
      });
      if (active) apply();
    },
    setActive(now) {
      active = now;
      if (now) {
        canvas.style.touchAction = "none";
        apply();
      }
    },
    dispose() {
      listeners.abort();
      stopFrames();
      pressed.clear();
    },
  };
}
