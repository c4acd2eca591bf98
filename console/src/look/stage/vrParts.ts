/** What is only seen in VR: the pointer, the mark on the ground, the way out, and the shade at the edges of sight. */
import {
  BufferGeometry,
  CanvasTexture,
  Group,
  Line,
  LineBasicMaterial,
  type Material,
  Mesh,
  MeshBasicMaterial,
  type Object3D,
  type PerspectiveCamera,
  PlaneGeometry,
  Raycaster,
  RingGeometry,
  ShaderMaterial,
  SRGBColorSpace,
  Vector3,
} from "three";

interface Part {
  readonly object: Object3D;
  dispose(): void;
}

const LIGHT = 0xbda8f2;

/** Points along the ray of a controller. */
export function makePointer(): Part {
  const geometry = new BufferGeometry().setFromPoints([new Vector3(), new Vector3(0, 0, -4)]);
  const material = new LineBasicMaterial({ color: LIGHT, transparent: true, opacity: 0.7 });
  return part(new Line(geometry, material), geometry, material);
}

/** Where one would stand. */
export function makeMarker(): Part & { show(at: Vector3 | undefined): void } {
  const geometry = new RingGeometry(0.18, 0.26, 40).rotateX(-Math.PI / 2);
  const material = new MeshBasicMaterial({ color: LIGHT, transparent: true, opacity: 0.9, depthTest: false });
  const ring = new Mesh(geometry, material);
  ring.renderOrder = 900;
  ring.visible = false;
  return {
    ...part(ring, geometry, material),
    show(at) {
      ring.visible = at !== undefined;
      if (at !== undefined) ring.position.copy(at).setY(at.y + 0.01);
    },
  };
}

/** Covers what is seen, all of it for a moment or only the edges, and opens again. */
export function makeShade(): Part & { blink(): void; narrow(): void; update(seconds: number): void } {
  const OPENING_SECONDS = 0.35;
  const geometry = new PlaneGeometry(6, 6);
  const opened = { value: 1 };
  const material = new ShaderMaterial({
    transparent: true,
    depthTest: false,
    depthWrite: false,
    uniforms: { opened },
    vertexShader: /* glsl */ `
      varying vec3 seen;
      void main() {
        vec4 at = modelViewMatrix * vec4(position, 1.0);
        seen = at.xyz;
        gl_Position = projectionMatrix * at;
      }`,
    // From the middle of sight to 55 degrees beside it.
    fragmentShader: /* glsl */ `
      uniform float opened;
      varying vec3 seen;
      void main() {
        float beside = atan(length(seen.xy), -seen.z) / 0.96;
        gl_FragColor = vec4(0.0, 0.0, 0.0, smoothstep(opened - 0.25, opened + 0.05, beside));
      }`,
  });
  const plane = new Mesh(geometry, material);
  plane.position.z = -0.8;
  plane.renderOrder = 1000;
  plane.frustumCulled = false;
  plane.visible = false;
  const close = (to: number) => {
    opened.value = to;
    plane.visible = true;
  };
  return {
    ...part(plane, geometry, material),
    blink: () => close(-0.1),
    narrow: () => close(0.45),
    update(seconds) {
      if (!plane.visible) return;
      opened.value += seconds / OPENING_SECONDS;
      plane.visible = opened.value < 1.3;
    },
  };
}

const PANEL = { width: 0.62, height: 0.2, pixels: 768 };

/** A large button in front of one's lap, which ends the visit. */
export function makeExitPanel(label: string): Part & {
  /** In front of where the head looks. */
  place(camera: PerspectiveCamera, hasFloor: boolean): void;
  isPointedAt(ray: Object3D): boolean;
  light(): void;
  dim(): void;
} {
  const geometry = new PlaneGeometry(PANEL.width, PANEL.height);
  const texture = labelTexture(label);
  const material = new MeshBasicMaterial({ map: texture, transparent: true });
  const plane = new Mesh(geometry, material);
  plane.rotation.x = -0.6;
  const holder = new Group().add(plane);
  const raycaster = new Raycaster();
  const forward = new Vector3();
  return {
    ...part(holder, geometry, material, texture),
    place(camera, hasFloor) {
      forward.set(0, 0, -1).applyQuaternion(camera.quaternion).setY(0);
      if (forward.lengthSq() < 1e-6) forward.set(0, 0, -1);
      forward.normalize();
      holder.position.copy(camera.position).addScaledVector(forward, 0.85);
      holder.position.y = hasFloor ? Math.max(0.5, camera.position.y - 0.62) : camera.position.y - 0.55;
      holder.rotation.y = Math.atan2(-forward.x, -forward.z);
    },
    isPointedAt(ray) {
      raycaster.ray.origin.setFromMatrixPosition(ray.matrixWorld);
      raycaster.ray.direction.set(0, 0, -1).transformDirection(ray.matrixWorld);
      return raycaster.intersectObject(plane, false).length > 0;
    },
    light: () => material.color.set(0xffffff),
    dim: () => material.color.set(0xd8d0ea),
  };
}

function labelTexture(label: string): CanvasTexture {
  const canvas = document.createElement("canvas");
  canvas.width = PANEL.pixels;
  canvas.height = (PANEL.pixels * PANEL.height) / PANEL.width;
  const context = canvas.getContext("2d");
  if (context !== null) {
    const { width, height } = canvas;
    context.fillStyle = "#473571";
    context.beginPath();
    context.roundRect(4, 4, width - 8, height - 8, height / 3);
    context.fill();
    context.fillStyle = "#ffffff";
    context.font = `600 ${height * 0.4}px system-ui, sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(label, width / 2, height / 2, width - 60);
  }
  const texture = new CanvasTexture(canvas);
  texture.colorSpace = SRGBColorSpace;
  return texture;
}

function part(object: Object3D, ...held: readonly (BufferGeometry | Material | CanvasTexture)[]): Part {
  return {
    object,
    dispose() {
      object.removeFromParent();
      for (const each of held) each.dispose();
    },
  };
}
