import { open } from "node:fs/promises";
import { boxesIn } from "./boxes.ts";

const FIRST: ReadonlySet<string> = new Set(["ftyp", "mdat", "wide", "free", "skip"]);

/**
 * Whether an MP4 or QuickTime file ends before its index (the `moov` box, ISO/IEC 14496-12): phones write it last, so a copy that
 * broke off lacks it and no player can show anything. False for every other file.
 */
export async function isCutOff(path: string): Promise<boolean> {
  await using file = await open(path);
  const { size } = await file.stat();
  let any = false;
  for await (const { type, end } of boxesIn(file, 0, size)) {
    if (!any && !FIRST.has(type)) return false;
    any = true;
    if (type === "moov") return end > size;
  }
  return any;
}
