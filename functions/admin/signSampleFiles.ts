import { z } from "@hono/zod-openapi";
import type { Kinds } from "#shared/kinds/index.ts";
import { issuesOf, problemsOfFiles } from "#shared/kinds/resultRules.ts";
import { type Clock, plusSeconds } from "#shared/platform/clock.ts";
import { errors } from "#shared/platform/errors.ts";
import { json, jsonBody } from "#shared/platform/http/content.ts";
import { route } from "#shared/platform/http/route.ts";
import type { SignedRequest, UrlSigner } from "#shared/platform/storage/urlSigner.ts";
import { idsOfSample, sampleFile, sampleFiles, sampleName, sampleObject } from "./sample.ts";

const URL_SECONDS = 3600;

const signBody = z
  .strictObject({ name: sampleName, kind: z.string().max(64), files: sampleFiles(sampleFile) })
  .openapi("SignSampleFiles");
type SignBody = z.infer<typeof signBody>;

export interface SignDeps {
  readonly kinds: Kinds;
  readonly clock: Clock;
  /** The bucket of resources. */
  readonly resources: Pick<UrlSigner, "signCreate">;
}

/**
 * Signs the upload of a sample's files: each of this name, type and size, once, for an hour. A file that is there can't be replaced.
 * @throws `unknown_kind`; `invalid_request` for files that the kind doesn't have
 */
export async function signSampleFiles(
  { name, kind: kindName, files }: SignBody,
  { samples: deps }: { readonly samples: SignDeps },
): Promise<{ id: string; files: (SignedRequest & { name: string })[] }> {
  const kind = deps.kinds.get(kindName);
  if (!kind) throw errors.unknownKind(`kind: expected one of ${[...deps.kinds.keys()].join(", ")}`);
  const issues = issuesOf(problemsOfFiles(kind, files));
  if (issues[0]) throw errors.invalidRequest(issues[0].message, { issues });
  const { jobId, resourceId } = idsOfSample(name);
  const expiresAt = plusSeconds(deps.clock(), URL_SECONDS);
  const signed = files.map(async ({ name: file, contentType, size }) => ({
    name: file,
    ...(await deps.resources.signCreate(sampleObject(jobId, file), { contentType, size }, expiresAt)),
  }));
  return { id: resourceId, files: await Promise.all(signed) };
}

export const signSampleFilesRoute = route(
  {
    operationId: "signSampleFiles",
    access: "admin",
    method: "post",
    path: "/v1/admin/samples/files",
    summary: "Get URLs to upload the files of a sample that needs no engine",
    request: { body: jsonBody(signBody) },
    responses: {
      200: json(
        z.object({
          id: z.string().describe("The resource that it is going to be."),
          files: z.array(
            z.object({
              name: z.string(),
              method: z.string(),
              url: z.url(),
              headers: z.record(z.string(), z.string()),
            }),
          ),
        }),
        "A signed request for each file, good for an hour; 412 on it means that the file is there.",
      ),
    },
    errors: ["unknown_kind"],
  },
  signSampleFiles,
  async (c, perform) => c.json(await perform(c.req.valid("json")), 200),
);
