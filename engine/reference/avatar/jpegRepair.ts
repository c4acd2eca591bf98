/**
 * A JPEG (ITU-T T.81, annex B) whose markers are all valid, made from one that may have invalid ones, lacks its end, or has other things
 * behind it. Decoders give up at a marker they don't know, and take one within the pixels for the end of them.
 * @param end whether a marker of the end among the pixels is believed; where it isn't, what is behind the photo counts as pixels
 */
export function repairJpeg(bytes: Buffer, end: "believed" | "ignored"): Buffer {
  const parts: Buffer[] = [SOI];
  let at = 2;
  while (at < bytes.length) {
    const marker = nextMarker(bytes, at);
    if (!marker || marker.code === 0xd9) break;
    const next = segmentEnd(bytes, marker.at);
    if (!hasLength(marker.code) || next === undefined) {
      at = marker.at + 2;
      continue;
    }
    parts.push(bytes.subarray(marker.at, next));
    at = next;
    if (marker.code !== SOS) continue;
    const scan = scanFrom(bytes, next, end === "believed");
    parts.push(scan.data);
    at = scan.end;
  }
  return Buffer.concat([...parts, EOI]);
}

const SOI = Buffer.from("ffd8", "hex");
const EOI = Buffer.from("ffd9", "hex");
const SOS = 0xda;

/** Markers that a length follows: frames and tables, scans, APPn and comments. */
function hasLength(code: number): boolean {
  return (code >= 0xc0 && code <= 0xcf && code !== 0xc8) || (code >= 0xda && code <= 0xef) || code === 0xfe;
}

/** The next pair of bytes that can be a marker between segments, at or after `from`. */
function nextMarker(bytes: Buffer, from: number): { readonly at: number; readonly code: number } | undefined {
  for (let at = bytes.indexOf(0xff, from); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    const code = bytes[at + 1] ?? 0;
    if (hasLength(code) || code === 0xd9) return { at, code };
  }
  return undefined;
}

/** Where the segment of the marker at `at` ends; undefined when its length can't be true. */
function segmentEnd(bytes: Buffer, at: number): number | undefined {
  if (at + 4 > bytes.length) return undefined;
  const length = bytes.readUInt16BE(at + 2);
  const end = at + 2 + length;
  return length < 2 || end > bytes.length ? undefined : end;
}

/** The coded pixels from `from`, with every invalid marker in them made a byte of theirs, up to the next valid one. */
function scanFrom(
  bytes: Buffer,
  from: number,
  mayEnd: boolean,
): { readonly data: Buffer; readonly end: number } {
  const repaired: number[] = [];
  let end = bytes.length;
  for (let at = bytes.indexOf(0xff, from); at >= 0; at = bytes.indexOf(0xff, at + 2)) {
    const code = bytes[at + 1] ?? 0;
    if (code === 0 || code === 0xff || (code >= 0xd0 && code <= 0xd7)) continue;
    if (code === 0xd9 ? mayEnd : endsScan(bytes, at, code)) {
      end = at;
      break;
    }
    repaired.push(at);
  }
  const data = Buffer.from(bytes.subarray(from, end));
  for (const at of repaired) if (at + 1 - from < data.length) data[at + 1 - from] = 0;
  return { data, end };
}

/** Whether a marker within pixels is a real one: another segment has to follow it. */
function endsScan(bytes: Buffer, at: number, code: number): boolean {
  if (!hasLength(code)) return false;
  const end = segmentEnd(bytes, at);
  return end !== undefined && (code === SOS || bytes[end] === 0xff);
}
