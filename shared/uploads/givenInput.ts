/** What a person gives as an input of a job: the id of an upload, or the content itself, or where it is. */
import { z } from "@hono/zod-openapi";
import type { Kind } from "../kinds/kind.ts";
import type { InputIssue } from "../platform/errors.ts";
import { contentTypeSchema } from "../platform/media/contentType.ts";
import { MAX_URL_LENGTH, publicUrl } from "../platform/net/publicUrl.ts";
import { isDeclarable } from "./acceptance.ts";

/** Content in the request itself, in all of one job's inputs together, decoded. */
export const MAX_INLINE_BYTES = 128 * 1024;

export const inlineContent = z
  .strictObject({
    contentType: contentTypeSchema,
    base64: z
      .string()
      .max(Math.ceil(MAX_INLINE_BYTES / 3) * 4)
      .describe("The content in base64 with padding (RFC 4648, section 4)."),
  })
  .openapi("InlineInput", {
    description: `Small content, sent with the job: at most ${MAX_INLINE_BYTES} bytes in all of its inputs, decoded.`,
  });
export type InlineContent = z.infer<typeof inlineContent>;

/** Content that is fetched from a URL has at most this many bytes, and no more than its role allows. */
export const MAX_FETCHED_BYTES = 2 ** 30;

const urlInput = z
  .strictObject({
    url: z
      .string()
      .max(MAX_URL_LENGTH)
      .describe("An https URL of a public host, at port 443, without user and password."),
  })
  .openapi("UrlInput", {
    description: `Content that is fetched from a URL after the job was taken: at most ${MAX_FETCHED_BYTES} bytes, without a content encoding, over at most 3 redirects.`,
  });

export const givenInput = z.union([
  z.string().describe("The id of an upload; the bytes may still be on their way."),
  inlineContent,
  urlInput,
]);
export type GivenInput = z.infer<typeof givenInput>;
export type GivenInputs = Readonly<Record<string, GivenInput>>;

/** The bytes of inline content; undefined for what is no base64, or another spelling of it than the usual one. */
export function decoded({ base64 }: InlineContent): Buffer | undefined {
  const bytes = Buffer.from(base64, "base64");
  return bytes.toString("base64") === base64 ? bytes : undefined;
}

const EXPECTED_URL = "expected an https URL of a public host, at port 443, without user and password";

/** What is wrong with the given content of roles that the kind has, by the kind's rules as far as they can be judged without the bytes. */
export function problemsOfInputs(kind: Pick<Kind, "inputs">, inputs: GivenInputs): InputIssue[] {
  let inline = 0;
  const issues = Object.entries(inputs).flatMap(([role, given]): InputIssue[] => {
    const rule = Object.hasOwn(kind.inputs, role) ? kind.inputs[role] : undefined;
    if (typeof given === "string" || !rule) return [];
    const issue = (field: string, message: string) => ({ path: `inputs.${role}.${field}`, message });
    if ("url" in given) return publicUrl(given.url) ? [] : [issue("url", EXPECTED_URL)];
    const bytes = decoded(given);
    inline += bytes?.length ?? 0;
    const { maxBytes, contentTypes } = rule;
    if (!isDeclarable(contentTypes, given.contentType))
      return [issue("contentType", "this input has another type")];
    if (!bytes || bytes.length === 0) return [issue("base64", "expected content in base64, with padding")];
    return bytes.length > maxBytes ? [issue("base64", `at most ${maxBytes} bytes for this input`)] : [];
  });
  if (inline <= MAX_INLINE_BYTES) return issues;
  return [...issues, { path: "inputs", message: `at most ${MAX_INLINE_BYTES} bytes of content in all` }];
}
