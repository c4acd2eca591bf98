/** A GLB of this JSON and nothing else. */
export function glbOf(json: unknown): ArrayBuffer {
  const text = new TextEncoder().encode(JSON.stringify(json));
  const length = Math.ceil(text.length / 4) * 4;
  const bytes = new Uint8Array(20 + length).fill(0x20);
  bytes.set(text, 20);
  const view = new DataView(bytes.buffer);
  for (const [at, value] of [0x46546c67, 2, bytes.length, length, 0x4e4f534a].entries())
    view.setUint32(at * 4, value, true);
  return bytes.buffer;
}
