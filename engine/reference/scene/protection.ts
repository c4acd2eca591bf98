import { type FileHandle, open } from "node:fs/promises";
import { boxesIn } from "./boxes.ts";

/**
 * Whether the pictures in a file are encrypted, so that only a player with a licence can show them: rented and bought films, DVDs,
 * recordings of set-top boxes. False where that can't be known.
 */
export async function isProtected(path: string): Promise<boolean> {
  await using file = await open(path);
  const { size } = await file.stat();
  const start = Buffer.alloc(Math.min(size, START));
  await file.read(start, 0, start.length, 0);
  return (
    hasAsfProtection(start) ||
    hasScrambledPackets(start) ||
    hasScrambledStream(start) ||
    (await hasEncryptedSamples(file, 0, size))
  );
}

/** As much of a file's beginning as is searched: a few seconds of a transport stream. */
const START = 2 * 1024 * 1024;

/** Boxes on the way from the file to its tracks' descriptions. */
const WAY: ReadonlySet<string> = new Set(["moov", "trak", "mdia", "minf", "stbl"]);
/** Sample entries of pictures that are encrypted: by ISO/IEC 23001-7, and by FairPlay. */
const ENCRYPTED: ReadonlySet<string> = new Set(["encv", "drmi"]);

async function hasEncryptedSamples(file: FileHandle, start: number, end: number): Promise<boolean> {
  for await (const box of boxesIn(file, start, end)) {
    if (ENCRYPTED.has(box.type)) return true;
    const inside = Math.min(box.end, end);
    if (WAY.has(box.type) && (await hasEncryptedSamples(file, box.content, inside))) return true;
    // Version, flags and a count come before the entries.
    if (box.type === "stsd" && (await hasEncryptedSamples(file, box.content + 8, inside))) return true;
  }
  return false;
}

const ASF_HEADER = Buffer.from("3026b2758e66cf11a6d900aa0062ce6c", "hex");
/** The content encryption object and the extended one (Advanced Systems Format Specification, 10.1). */
const ASF_ENCRYPTION = ["fbb31122 23bd d211 b4b7 00a0c955fc6e", "14e68a29 2226 174c b935 dae07ee9289c"].map(
  (hex) => Buffer.from(hex.replaceAll(" ", ""), "hex"),
);

function hasAsfProtection(start: Buffer): boolean {
  if (!start.subarray(0, 16).equals(ASF_HEADER) || start.length < 24) return false;
  const header = start.subarray(0, Math.min(start.length, Number(start.readBigUInt64LE(16))));
  return ASF_ENCRYPTION.some((id) => header.includes(id));
}

/** Whether most packets of a transport stream with content are scrambled (ISO/IEC 13818-1, 2.4.3.2). */
function hasScrambledPackets(start: Buffer): boolean {
  const length = [188, 192].find((candidate) => {
    const first = candidate === 192 ? 4 : 0;
    return [0, 1, 2, 3].every((packet) => start[first + packet * candidate] === 0x47);
  });
  if (length === undefined) return false;
  let [scrambled, all] = [0, 0];
  for (let at = length === 192 ? 4 : 0; at + 188 <= start.length; at += length) {
    const flags = start[at + 3] ?? 0;
    if (start[at] !== 0x47 || (flags & 0x10) === 0) continue;
    all++;
    if ((flags & 0xc0) !== 0) scrambled++;
  }
  return scrambled > all / 2;
}

const PACK = Buffer.from("000001ba", "hex");
const VIDEO_PACKET = Buffer.from("000001e0", "hex");

/** Whether most packets of video in a program stream are scrambled, as a film DVD's are (ISO/IEC 13818-1, 2.4.3.7). */
function hasScrambledStream(start: Buffer): boolean {
  if (!start.subarray(0, 4).equals(PACK)) return false;
  let [scrambled, all] = [0, 0];
  for (let at = start.indexOf(VIDEO_PACKET); at >= 0 && at + 7 <= start.length; ) {
    const flags = start[at + 6] ?? 0;
    // Packets of MPEG-1 have no such field.
    if ((flags & 0xc0) === 0x80) {
      all++;
      if ((flags & 0x30) !== 0) scrambled++;
    }
    at = start.indexOf(VIDEO_PACKET, at + 4);
  }
  return scrambled > all / 2;
}
