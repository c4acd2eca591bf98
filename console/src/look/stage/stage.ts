/** The canvas, the camera and the light. Frames are drawn when something changed, and all the time in VR or while something moves. */
import {
  DirectionalLight,
  Group,
  HemisphereLight,
  PerspectiveCamera,
  Scene,
  type Scene as ThreeScene,
  WebGLRenderer,
} from "three";
import type { Studio } from "../models/model.ts";
import { skyTexture } from "./sky.ts";

/** This browser, or its graphics driver, has no WebGL 2. */
export class NoWebGlError extends Error {
  constructor() {
    super("no WebGL 2");
    this.name = "NoWebGlError";
  }
}

export interface Stage extends Studio {
  readonly canvas: HTMLCanvasElement;
  readonly scene: ThreeScene;
  /** The camera is in it, so that a person in VR is moved by moving it. */
  readonly rig: Group;
  readonly camera: PerspectiveCamera;
  /** Called before each frame with the seconds since the last one; true when the frame has to be drawn. @returns ends that */
  onFrame(callback: (seconds: number) => boolean): () => void;
  /** Draws no more. */
  stop(): void;
  /** After `stop`: gives back all that it holds. */
  dispose(): void;
}

interface StageOptions {
  readonly canvas: HTMLCanvasElement;
  readonly isDark: boolean;
  /** The graphics card was taken away; nothing can be drawn any more. */
  readonly lost: () => void;
}

/** After a pause, things that move go on where they were. */
const LONGEST_STEP = 0.1;
const MOST_PIXELS = 2;

/** @throws NoWebGlError */
export function makeStage({ canvas, isDark, lost }: StageOptions): Stage {
  const renderer = makeRenderer(canvas);
  const scene = new Scene();
  scene.background = skyTexture(isDark);
  scene.backgroundIntensity = 1;
  const sun = new DirectionalLight(0xfff4e6, 1.9);
  sun.position.set(3, 6, 4);
  scene.add(new HemisphereLight(0xf2f4ff, 0x8f8478, 1.9), sun);
  const camera = new PerspectiveCamera(60, 1, 0.05, 500);
  const rig = new Group().add(camera);
  scene.add(rig);
  const callbacks = new Set<(seconds: number) => boolean>();
  let dirty = true;
  let last = 0;
  const invalidate = () => {
    dirty = true;
  };
  const resize = () => {
    if (renderer.xr.isPresenting) return;
    const { clientWidth: width, clientHeight: height } = canvas;
    if (width === 0 || height === 0) return;
    renderer.setPixelRatio(Math.min(devicePixelRatio, MOST_PIXELS));
    renderer.setSize(width, height, false);
    camera.aspect = width / height;
    camera.updateProjectionMatrix();
    invalidate();
  };
  const observer = new ResizeObserver(resize);
  observer.observe(canvas);
  resize();
  canvas.addEventListener("webglcontextlost", lost);
  renderer.setAnimationLoop((time) => {
    const seconds = Math.min(LONGEST_STEP, Math.max(0, (time - last) / 1000));
    last = time;
    for (const callback of callbacks) if (callback(seconds)) dirty = true;
    if (!dirty && !renderer.xr.isPresenting) return;
    dirty = false;
    renderer.render(scene, camera);
  });
  return {
    canvas,
    renderer,
    scene,
    rig,
    camera,
    invalidate,
    onFrame(callback) {
      callbacks.add(callback);
      return () => callbacks.delete(callback);
    },
    stop() {
      observer.disconnect();
      canvas.removeEventListener("webglcontextlost", lost);
      renderer.setAnimationLoop(null);
      callbacks.clear();
    },
    dispose() {
      if (scene.background !== null && "dispose" in scene.background) scene.background.dispose();
      sun.dispose();
      renderer.dispose();
      // Browsers keep few contexts; one that is only forgotten stays until its canvas is collected.
      renderer.forceContextLoss();
    },
  };
}

function makeRenderer(canvas: HTMLCanvasElement): WebGLRenderer {
  const context = canvas.getContext("webgl2", { antialias: true, powerPreference: "high-performance" });
  if (context === null || context.isContextLost()) throw new NoWebGlError();
  const renderer = new WebGLRenderer({ canvas, context, antialias: true });
  renderer.xr.enabled = true;
  return renderer;
}
