import { join } from "node:path";
import sharp from "sharp";
import { type FootageFrame, writeFootage } from "#engine/reference/footage.ts";

export interface DemoVideoOptions {
  readonly seconds?: number;
  readonly width?: number;
  readonly height?: number;
}

const FRAMES_PER_SECOND = 25;

/**
 * Writes a small H.264 video with sound to `path` (which must end in .mp4): a walk past a garden, a kitchen, the sea and a
 * winter evening, the camera moving a little in each. It is drawn, so that the project contains no real person's face.
 */
export async function makeDemoVideo(path: string, options: DemoVideoOptions = {}): Promise<void> {
  const { seconds = 6, width = 1280, height = 720 } = options;
  const scenes = await Promise.all(places.map((place) => drawWide(place, width, height)));
  await writeFootage(path, { width, height, frames: walk(scenes, seconds, width, height), sound: "aac" });
}

/** Writes a drawn portrait and a drawn full figure into `directory`; gives their paths. */
export async function makeDemoPhotos(directory: string): Promise<{ face: string; body: string }> {
  const face = join(directory, "face.jpg");
  const body = join(directory, "body.jpg");
  await sharp(svg(800, 1000, `<rect width="800" height="1000" fill="#cfd8dc"/>${head(400, 470, 3.4)}`))
    .jpeg({ quality: 88 })
    .toFile(face);
  await sharp(svg(900, 1800, `<rect width="900" height="1800" fill="#d7ccc8"/>${person}`))
    .jpeg({ quality: 88 })
    .toFile(body);
  return { face, body };
}

/** Wider than the video, so that there is something to pan over. */
const PAN = 1.25;

async function drawWide(drawing: string, width: number, height: number): Promise<Wide> {
  const wide = Math.ceil(width * PAN);
  const { data } = await sharp(svg(1600, 720, drawing))
    .resize(wide, height, { fit: "fill" })
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: wide, pixels: data };
}

interface Wide {
  readonly width: number;
  readonly pixels: Buffer;
}

function* walk(
  scenes: readonly Wide[],
  seconds: number,
  width: number,
  height: number,
): Generator<FootageFrame> {
  const count = Math.max(1, Math.round(seconds * FRAMES_PER_SECOND));
  for (let index = 0; index < count; index++) {
    const progress = (index / count) * scenes.length;
    const scene = scenes[Math.floor(progress)];
    if (!scene) return;
    const left = Math.floor((progress % 1) * (scene.width - width));
    yield { timeSeconds: index / FRAMES_PER_SECOND, pixels: cut(scene, left, width, height) };
  }
}

function cut(scene: Wide, left: number, width: number, height: number): Buffer {
  const rgb = Buffer.allocUnsafe(width * height * 3);
  for (let row = 0; row < height; row++) {
    const from = (row * scene.width + left) * 3;
    scene.pixels.copy(rgb, row * width * 3, from, from + width * 3);
  }
  return rgb;
}

function svg(width: number, height: number, content: string): Buffer {
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">${content}</svg>`,
  );
}

function spread(count: number, draw: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => draw(index)).join("");
}

function tree(x: number, y: number, size: number, crown: string): string {
  return `<rect x="${x - 12 * size}" y="${y - 90 * size}" width="${24 * size}" height="${100 * size}" fill="#6d4c41"/>
    <circle cx="${x}" cy="${y - 150 * size}" r="${85 * size}" fill="${crown}"/>
    <circle cx="${x - 50 * size}" cy="${y - 110 * size}" r="${55 * size}" fill="${crown}" opacity=".85"/>`;
}

const garden = `<rect width="1600" height="720" fill="#90caf9"/><circle cx="1320" cy="120" r="62" fill="#fff59d"/>
  <rect y="440" width="1600" height="280" fill="#7cb342"/>
  <path d="M560 470V250L760 120L960 250V470Z" fill="#ef9a9a"/><path d="M520 260L760 100L1000 260Z" fill="#8d3b2f"/>
  <rect x="720" y="340" width="80" height="130" fill="#5d4037"/><rect x="600" y="300" width="80" height="70" fill="#e3f2fd"/>
  <rect x="840" y="300" width="80" height="70" fill="#e3f2fd"/>
  ${tree(250, 500, 1.2, "#2e7d32")}${tree(1180, 520, 1.4, "#388e3c")}${tree(1480, 480, 0.9, "#1b5e20")}
  ${spread(60, (i) => `<circle cx="${(i * 137) % 1600}" cy="${540 + ((i * 61) % 160)}" r="9" fill="${["#f06292", "#fff176", "#fff", "#ba68c8"][i % 4]}"/>`)}`;

const kitchen = `<rect width="1600" height="720" fill="#ffe0b2"/><rect y="520" width="1600" height="200" fill="#a1887f"/>
  ${spread(17, (i) => `<path d="M${i * 100} 520L${i * 130 - 240} 720" stroke="#795548" stroke-width="4"/>`)}
  <rect x="90" y="90" width="320" height="240" fill="#b3e5fc" stroke="#fff" stroke-width="22"/><path d="M250 90V330M90 210H410" stroke="#fff" stroke-width="12"/>
  <rect x="520" y="60" width="520" height="170" fill="#8d6e63"/><path d="M780 60V230M650 60V230M910 60V230" stroke="#5d4037" stroke-width="6"/>
  <rect x="480" y="380" width="640" height="190" fill="#bcaaa4"/><rect x="470" y="360" width="660" height="26" fill="#4e342e"/>
  <circle cx="620" cy="330" r="34" fill="#c62828"/><circle cx="690" cy="336" r="28" fill="#f9a825"/><rect x="880" y="270" width="90" height="92" rx="14" fill="#455a64"/>
  <rect x="1220" y="150" width="260" height="480" rx="10" fill="#eceff1"/><path d="M1220 330H1480" stroke="#90a4ae" stroke-width="6"/><path d="M1250 200V290M1250 370V470" stroke="#607d8b" stroke-width="12"/>`;

const sea = `<rect width="1600" height="360" fill="#4fc3f7"/><rect y="340" width="1600" height="240" fill="#0277bd"/><rect y="560" width="1600" height="160" fill="#ffe082"/>
  ${spread(40, (i) => `<path d="M${(i * 211) % 1600} ${370 + ((i * 47) % 180)}q20 -12 40 0t40 0" stroke="#e1f5fe" stroke-width="4" fill="none"/>`)}
  <path d="M700 400L900 400L860 450H740Z" fill="#fff"/><path d="M795 390V180L900 380Z" fill="#ff7043"/><path d="M785 390V200L700 380Z" fill="#fff"/>
  <path d="M200 660L330 660L265 520Z" fill="#d81b60"/><rect x="262" y="520" width="6" height="180" fill="#6d4c41"/>
  <path d="M1100 640q90 -110 180 0Z" fill="#5e35b1"/><circle cx="420" cy="90" r="40" fill="#fff"/><circle cx="470" cy="100" r="50" fill="#fff"/>`;

const winter = `<rect width="1600" height="720" fill="#1a237e"/><rect y="500" width="1600" height="220" fill="#e8eaf6"/><circle cx="300" cy="130" r="54" fill="#fffde7"/>
  ${spread(90, (i) => `<circle cx="${(i * 173) % 1600}" cy="${(i * 97) % 500}" r="3" fill="#fff"/>`)}
  ${spread(7, (i) => `<path d="M${120 + i * 230} ${250 + (i % 3) * 40}L${30 + i * 230} 540H${210 + i * 230}Z" fill="${i % 2 ? "#1b5e20" : "#0d3f14"}"/>`)}
  <circle cx="820" cy="560" r="80" fill="#fff"/><circle cx="820" cy="450" r="56" fill="#fff"/><circle cx="802" cy="440" r="6"/><circle cx="838" cy="440" r="6"/>
  <path d="M820 455L870 464L820 470Z" fill="#ff7043"/><rect x="780" y="370" width="80" height="34" fill="#212121"/>`;

const places = [garden, kitchen, sea, winter];

function head(x: number, y: number, size: number): string {
  return `<g transform="translate(${x} ${y}) scale(${size})"><path d="M-62 12Q-70 -98 0 -100Q70 -98 62 12Z" fill="#9e9e9e"/><rect x="-18" y="50" width="36" height="50" fill="#e0ac8a"/>
    <path d="M-110 160Q-100 84 0 84Q100 84 110 160Z" fill="#5c6bc0"/><ellipse rx="52" ry="66" fill="#f1c27d"/>
    <circle cx="-20" cy="-8" r="5" fill="#4e342e"/><circle cx="20" cy="-8" r="5" fill="#4e342e"/><path d="M-22 26Q0 46 22 26" stroke="#a1453a" stroke-width="5" fill="none"/>
    <path d="M-30 -24h22M8 -24h22" stroke="#757575" stroke-width="4"/></g>`;
}

const person = `<g>${head(450, 300, 1.5)}<path d="M285 540H615L650 1020H250Z" fill="#5c6bc0"/><path d="M285 540L190 980L240 995L330 640ZM615 540L710 980L660 995L570 640Z" fill="#3f51b5"/>
  <path d="M270 1020H440L430 1640H300ZM630 1020H460L470 1640H600Z" fill="#455a64"/><path d="M290 1640H435V1700H260ZM610 1640H465V1700H640Z" fill="#3e2723"/></g>`;
