/** Small valid files of splats, one for each format, which all show the same: a red wall of splats in front of the origin. */
import { gzipSync, zipSync } from "fflate";
import sharp from "sharp";

interface Splat {
  readonly at: readonly [number, number, number];
  /** Radius in metres, in all directions. */
  readonly size: number;
  /** From 0 to 255. */
  readonly colour: readonly [number, number, number];
}

const SIDE = 12;
const splats: readonly Splat[] = Array.from({ length: SIDE * SIDE }, (_, n) => ({
  at: [((n % SIDE) / (SIDE - 1) - 0.5) * 4, (Math.floor(n / SIDE) / (SIDE - 1)) * 3, -2],
  size: 0.2,
  colour: [230, 30, 30],
}));
/** The zeroth spherical harmonic. */
const SH0 = 0.282_094_791_773_878_14;
const harmonic = (channel: number) => (channel / 255 - 0.5) / SH0;

/** The files by their names. */
export async function splatFiles(): Promise<ReadonlyMap<string, Uint8Array>> {
  return new Map([
    ["wall.ply", ply()],
    ["wall.splat", splat()],
    ["wall.ksplat", ksplat()],
    ["wall.spz", spz()],
    ["wall.sog", await sog()],
  ]);
}

/** As the trainer of 3D Gaussian Splatting writes it (https://github.com/graphdeco-inria/gaussian-splatting). */
function ply(): Uint8Array {
  const names = ["x", "y", "z", "f_dc_0", "f_dc_1", "f_dc_2", "opacity"];
  const all = [...names, "scale_0", "scale_1", "scale_2", "rot_0", "rot_1", "rot_2", "rot_3"];
  const lines = ["ply", "format binary_little_endian 1.0", `element vertex ${splats.length}`];
  const header = [...lines, ...all.map((name) => `property float ${name}`), "end_header\n"].join("\n");
  const values = splats.flatMap(({ at, size, colour }) => {
    const scale = Math.log(size);
    return [...at, ...colour.map(harmonic), 6, scale, scale, scale, 1, 0, 0, 0];
  });
  return Buffer.concat([Buffer.from(header), Buffer.from(new Float32Array(values).buffer)]);
}

/** https://github.com/antimatter15/splat: position, scale, colour with opacity, rotation. */
function splat(): Uint8Array {
  return Buffer.concat(
    splats.map(({ at, size, colour }) =>
      Buffer.concat([
        Buffer.from(new Float32Array([...at, size, size, size]).buffer),
        Buffer.from([...colour, 255, 255, 128, 128, 128]),
      ]),
    ),
  );
}

/** https://github.com/mkkellogg/GaussianSplats3D, version 0.1 without compression: a header, one section, rows of 44 bytes. */
function ksplat(): Uint8Array {
  const header = Buffer.alloc(4096);
  header.writeUInt8(1, 1);
  for (const [at, value] of [
    [4, 1],
    [8, 1],
    [12, splats.length],
    [16, splats.length],
  ] as const)
    header.writeUInt32LE(value, at);
  const section = Buffer.alloc(1024);
  section.writeUInt32LE(splats.length, 0);
  section.writeUInt32LE(splats.length, 4);
  section.writeUInt32LE(splats.length * 44, 28);
  const rows = splats.map(({ at, size, colour }) =>
    Buffer.concat([
      Buffer.from(new Float32Array([...at, size, size, size, 1, 0, 0, 0]).buffer),
      Buffer.from([...colour, 255]),
    ]),
  );
  return Buffer.concat([header, section, ...rows]);
}

/** https://github.com/nianticlabs/spz, version 2: gzip of columns, positions in 24 bits with 12 behind the point. */
function spz(): Uint8Array {
  const header = Buffer.alloc(16);
  header.write("NGSP", 0, "latin1");
  header.writeUInt32LE(2, 4);
  header.writeUInt32LE(splats.length, 8);
  header.writeUInt8(12, 13);
  const columns = [
    splats.flatMap(({ at }) =>
      at.flatMap((metres) => {
        const fixed = Math.round(metres * 4096);
        return [fixed & 255, (fixed >> 8) & 255, (fixed >> 16) & 255];
      }),
    ),
    splats.map(() => 254),
    splats.flatMap(({ colour }) => colour.map((channel) => clamped(harmonic(channel) * 0.15 * 255 + 127.5))),
    splats.flatMap(({ size }) => Array(3).fill(clamped((Math.log(size) + 10) * 16))),
    splats.flatMap(() => [128, 128, 128]),
  ];
  return gzipSync(Buffer.concat([header, Buffer.from(columns.flat())]));
}

/** https://developer.playcanvas.com/user-manual/gaussian-splatting/formats/sog, version 2: a ZIP of pictures. */
async function sog(): Promise<Uint8Array> {
  const logs = splats.map(({ at }) => at.map((metres) => Math.sign(metres) * Math.log1p(Math.abs(metres))));
  const range = [0, 1, 2].map((axis) => {
    const values = logs.map((log) => log[axis] ?? 0);
    return { min: Math.min(...values) - 0.01, max: Math.max(...values) + 0.01 };
  });
  const fixed = logs.map((log) =>
    log.map((value, axis) => {
      const { min = 0, max = 1 } = range[axis] ?? {};
      return Math.round(((value - min) / (max - min)) * 65_535);
    }),
  );
  const picture = async (pixels: number[][]) =>
    sharp(Buffer.from(pixels.flat()), { raw: { width: SIDE, height: SIDE, channels: 4 } })
      .webp({ lossless: true, exact: true })
      .toBuffer();
  const [size] = splats.map((one) => Math.log(one.size));
  const [colour] = splats.map((one) => one.colour.map(harmonic));
  const codebook = (values: readonly number[]) => Array.from({ length: 256 }, (_, n) => values[n] ?? 0);
  const meta = {
    version: 2,
    count: splats.length,
    antialias: false,
    means: {
      mins: range.map(({ min }) => min),
      maxs: range.map(({ max }) => max),
      files: ["means_l.webp", "means_u.webp"],
    },
    scales: { codebook: codebook([size ?? 0]), files: ["scales.webp"] },
    quats: { files: ["quats.webp"] },
    sh0: { codebook: codebook(colour ?? []), files: ["sh0.webp"] },
  };
  return zipSync(
    {
      "meta.json": Buffer.from(JSON.stringify(meta)),
      "means_l.webp": await picture(fixed.map((value) => [...value.map((part) => part & 255), 255])),
      "means_u.webp": await picture(fixed.map((value) => [...value.map((part) => part >> 8), 255])),
      "scales.webp": await picture(splats.map(() => [0, 0, 0, 255])),
      // The largest part is left out: w, by the mark 252.
      "quats.webp": await picture(splats.map(() => [128, 128, 128, 252])),
      "sh0.webp": await picture(splats.map(() => [0, 1, 2, 255])),
    },
    { level: 0 },
  );
}

function clamped(value: number): number {
  return Math.min(255, Math.max(0, Math.round(value)));
}
