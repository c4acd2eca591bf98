/**
 * In a headset: one stands or sits, and goes on by pointing at the ground or by single steps. Nothing glides and nothing speeds up; the
 * view darkens at its edges for a moment with each move, because what moves at the edge of sight makes dizzy.
 */
import { Matrix4, Vector2, Vector3, type XRTargetRaySpace } from "three";
import type { Ground } from "./ground.ts";
import type { Stage } from "./stage.ts";
import { floorAt } from "./standing.ts";
import { makeExitPanel, makeMarker, makePointer, makeShade } from "./vrParts.ts";
import type { Place } from "./walk.ts";

export interface VrOptions {
  readonly stage: Stage;
  readonly ground: () => Ground;
  /** Where one begins; where one is at the end is written into it. */
  readonly place: Place;
  readonly seated: boolean;
  readonly leaveLabel: string;
  readonly ended: () => void;
}

/** Eyes of a grown person who stands, in metres. Scenes of another size are walked in another scale. */
const EYES = 1.6;
const FARTHEST = 7;
const STEP = 0.75;
const SNAP = Math.PI / 6;
/** A stick counts beyond the first, and is let go below the second. */
const PUSHED = 0.7;
const RELEASED = 0.35;

/**
 * Enters VR. Has to be called while the browser still counts a person's press.
 * @returns leaves it
 * @throws what the browser says when it refuses
 */
export async function enterVr(options: VrOptions): Promise<() => Promise<void>> {
  const { stage, seated } = options;
  if (navigator.xr === undefined) throw new Error("no WebXR");
  const session = await navigator.xr.requestSession("immersive-vr", {
    optionalFeatures: ["local-floor", "hand-tracking"],
  });
  // Without a floor of its own the headset counts from the eyes, as for one who sits.
  const hasFloor = !seated && (session.enabledFeatures?.includes("local-floor") ?? true);
  stage.renderer.xr.setReferenceSpaceType(hasFloor ? "local-floor" : "local");
  stage.renderer.xr.setFoveation(1);
  const leave = visit(options, { hasFloor, end: () => void session.end() });
  session.addEventListener(
    "end",
    () => {
      leave();
      options.ended();
    },
    { once: true },
  );
  try {
    await stage.renderer.xr.setSession(session);
  } catch (error) {
    await session.end();
    throw error;
  }
  return () => session.end();
}

/** Everything that is there only in VR. @returns takes it away again */
function visit(
  { stage, ground, place, leaveLabel }: VrOptions,
  { hasFloor, end }: { hasFloor: boolean; end: () => void },
): () => void {
  const { rig, camera, renderer, scene } = stage;
  const scale = place.eyes / EYES;
  rig.scale.setScalar(scale);
  rig.rotation.set(0, place.heading, 0);
  // Someone who sits sees as someone who stands.
  rig.position.set(place.x, place.floor + (hasFloor ? 0 : place.eyes), place.z);
  // In VR the headset decides how wide the view is.
  const { near, fov } = camera;
  camera.near = near * scale;
  const shade = makeShade();
  camera.add(shade.object);
  const panel = makeExitPanel(leaveLabel);
  rig.add(panel.object);
  const marker = makeMarker();
  marker.object.scale.setScalar(scale);
  scene.add(marker.object);

  const head = new Vector3();
  const turnAt = new Matrix4();
  const headAt = () => head.setFromMatrixPosition(camera.matrixWorld);
  /** Where the ground is to stand on, if one may stand there. */
  const landing = (x: number, z: number): number | undefined =>
    floorAt(place, ground().below(x, place.floor + place.eyes, z));
  const stand = (x: number, floor: number, z: number) => {
    const { x: hx, z: hz } = headAt();
    rig.position.x += x - hx;
    rig.position.z += z - hz;
    rig.position.y += floor - place.floor;
    Object.assign(place, { x, z, floor });
    panel.place(camera, hasFloor);
  };
  const teleport = ({ x, z }: Vector3) => {
    const floor = landing(x, z);
    if (floor === undefined) return;
    stand(x, floor, z);
    shade.blink();
  };
  const snap = (angle: number) => {
    const { x, z } = headAt();
    // About the head, not about the middle of the room.
    rig.position
      .sub(new Vector3(x, 0, z))
      .applyMatrix4(turnAt.makeRotationY(angle))
      .add(new Vector3(x, 0, z));
    rig.rotateY(angle);
    place.heading += angle;
    panel.place(camera, hasFloor);
    shade.narrow();
  };
  const step = (ahead: number) => {
    const { x, z } = headAt();
    const way = camera.getWorldDirection(new Vector3()).setY(0);
    if (way.lengthSq() < 1e-6) return;
    way.normalize().multiplyScalar(ahead * STEP * scale);
    const floor = landing(x + way.x, z + way.z);
    if (floor === undefined) return;
    stand(x + way.x, floor, z + way.z);
    shade.narrow();
  };

  const hands = [0, 1].map((index) => {
    const ray = renderer.xr.getController(index);
    const pointer = makePointer();
    pointer.object.visible = false;
    ray.add(pointer.object);
    rig.add(ray);
    const found = new Vector3();
    let source: XRInputSource | undefined;
    let pushed = false;
    const onConnected = ({ data }: { data: XRInputSource }) => {
      source = data;
      pointer.object.visible = data.targetRayMode === "tracked-pointer";
    };
    const onDisconnected = () => {
      source = undefined;
      pointer.object.visible = false;
    };
    const onSelect = () => {
      if (panel.isPointedAt(ray)) end();
      else if (groundPointedAt(ray, { floor: place.floor, farthest: FARTHEST * scale }, found))
        teleport(found);
    };
    ray.addEventListener("connected", onConnected);
    ray.addEventListener("disconnected", onDisconnected);
    ray.addEventListener("select", onSelect);
    return {
      /** @returns where the ground is pointed at */
      update(): Vector3 | undefined {
        const stick = stickOf(source);
        const far = Math.max(Math.abs(stick.x), Math.abs(stick.y));
        if (pushed && far < RELEASED) pushed = false;
        else if (!pushed && far > PUSHED) {
          pushed = true;
          if (Math.abs(stick.x) > Math.abs(stick.y)) snap(stick.x > 0 ? -SNAP : SNAP);
          else step(stick.y < 0 ? 1 : -1);
        }
        if (source === undefined) return undefined;
        const onPanel = panel.isPointedAt(ray);
        if (onPanel) panel.light();
        const onGround =
          !onPanel && groundPointedAt(ray, { floor: place.floor, farthest: FARTHEST * scale }, found);
        return onGround && landing(found.x, found.z) !== undefined ? found : undefined;
      },
      dispose() {
        ray.removeEventListener("connected", onConnected);
        ray.removeEventListener("disconnected", onDisconnected);
        ray.removeEventListener("select", onSelect);
        pointer.dispose();
        ray.removeFromParent();
      },
    };
  });

  let frames = 0;
  const stopFrames = stage.onFrame((seconds) => {
    // Only after the first frame the camera is where the head is.
    frames += renderer.xr.isPresenting ? 1 : 0;
    if (frames === 3) panel.place(camera, hasFloor);
    panel.dim();
    const targets = hands.map((hand) => hand.update()).filter((target) => target !== undefined);
    marker.show(targets[0]);
    shade.update(seconds);
    return true;
  });

  return () => {
    stopFrames();
    for (const hand of hands) hand.dispose();
    const { x, z } = headAt();
    Object.assign(place, { x, z, pitch: 0 });
    shade.dispose();
    panel.dispose();
    marker.dispose();
    rig.position.set(0, 0, 0);
    rig.rotation.set(0, 0, 0);
    rig.scale.setScalar(1);
    Object.assign(camera, { near, fov, zoom: 1 });
    camera.scale.setScalar(1);
    camera.updateProjectionMatrix();
  };
}

/** Thumbsticks are the third and fourth axis of `xr-standard`, a touchpad the first two. */
function stickOf(source: XRInputSource | undefined): Vector2 {
  const [padX = 0, padY = 0, x = 0, y = 0] = source?.gamepad?.axes ?? [];
  return Math.hypot(x, y) > 0 ? new Vector2(x, y) : new Vector2(padX, padY);
}

const origin = new Vector3();
const way = new Vector3();

/** @param into where a ray meets the ground within reach. @returns false when it doesn't */
function groundPointedAt(
  ray: XRTargetRaySpace,
  { floor, farthest }: { readonly floor: number; readonly farthest: number },
  into: Vector3,
): boolean {
  origin.setFromMatrixPosition(ray.matrixWorld);
  way.set(0, 0, -1).transformDirection(ray.matrixWorld);
  if (way.y > -0.05) return false;
  const distance = (floor - origin.y) / way.y;
  if (distance <= 0) return false;
  into.copy(origin).addScaledVector(way, distance);
  return Math.hypot(into.x - origin.x, into.z - origin.z) <= farthest;
}
