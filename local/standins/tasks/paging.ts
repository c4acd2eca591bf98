import { z } from "zod";
import { invalid } from "./status.ts";

const tokenSchema = z.tuple([z.string(), z.string()]);

/** An opaque token for the page of `parent` that follows the entry `after`. */
export const pageToken = (parent: string, after: string): string =>
  Buffer.from(JSON.stringify([parent, after])).toString("base64url");

/** The entry that the page asked for follows; "" for the first page. INVALID_ARGUMENT for a token of something else. */
export function readPageToken(token: string, parent: string): string {
  if (token === "") return "";
  try {
    const [tokenParent, after] = tokenSchema.parse(JSON.parse(Buffer.from(token, "base64url").toString()));
    if (tokenParent === parent) return after;
  } catch {
    // Not one of ours: refused below like one of another parent.
  }
  throw invalid("page_token is not one that this list gave.");
}

export function pageSize(asked: number, max: number): number {
  if (asked < 0 || asked > max) throw invalid(`page_size must be from 0 to ${max}.`);
  return asked === 0 ? max : asked;
}
