import type { Firestore } from "@google-cloud/firestore";
import { z } from "@hono/zod-openapi";
import type { Kinds } from "#shared/kinds/index.ts";
import { FILE_ROLES } from "#shared/kinds/kind.ts";
import { issuesOf, problemsOfData } from "#shared/kinds/resultRules.ts";
import type { Clock } from "#shared/platform/clock.ts";
import { errors } from "#shared/platform/errors.ts";
import { hasGrpcStatus } from "#shared/platform/grpcStatus.ts";
import { json, jsonBody } from "#shared/platform/http/content.ts";
import { route } from "#shared/platform/http/route.ts";
import { titleSchema } from "#shared/platform/http/title.ts";
import type { ObjectStore } from "#shared/platform/storage/objectStore.ts";
import { type Result, resultsOf, SAMPLES_SPACE } from "#shared/results/resultDocument.ts";
import { storedFiles } from "#shared/results/storedFiles.ts";
import { idsOfSample, sampleFile, sampleFiles, sampleName, sampleObject } from "./sample.ts";

const importBody = z
  .strictObject({
    name: sampleName,
    kind: z.string().max(64),
    title: titleSchema,
    params: z.record(z.string(), z.unknown()).default({}),
    files: sampleFiles(
      sampleFile.extend({
        crc32c: z.string().max(20).describe("Base64, big-endian."),
        role: z.enum(FILE_ROLES).optional().describe("May be left out where only one is possible."),
      }),
    ),
    data: z.record(z.string(), z.unknown()).nullable().default(null),
  })
  .openapi("ImportSample");
type ImportBody = z.infer<typeof importBody>;

export interface ImportDeps {
  readonly kinds: Kinds;
  readonly clock: Clock;
  readonly firestore: Firestore;
  /** The bucket of resources. */
  readonly resources: Pick<ObjectStore, "look" | "readStart">;
}

/**
 * Writes the result document of a sample whose files were uploaded. They are judged as an engine's are, and `sync` does the rest. A sample
 * of the name that is there stays as it is, so a repetition is answered the same.
 * @throws `unknown_kind`; `invalid_request` for params or data the kind doesn't have; `output_missing`, `outputs_rejected`
 */
export async function importSample(
  { administrator, body }: { administrator: string; body: ImportBody },
  { samples: deps }: { readonly samples: ImportDeps },
): Promise<{ id: string }> {
  const { jobId, resourceId } = idsOfSample(body.name);
  const document = resultsOf(deps.firestore).doc(jobId);
  if ((await document.get()).exists) return { id: resourceId };
  const result = await resultOf(jobId, administrator, body, deps);
  try {
    await document.create(result);
  } catch (error) {
    if (!hasGrpcStatus(error, "alreadyExists")) throw error;
  }
  return { id: resourceId };
}

async function resultOf(
  jobId: string,
  createdBy: string,
  { kind: kindName, title, params, data, files }: ImportBody,
  deps: ImportDeps,
): Promise<Result> {
  const kind = deps.kinds.get(kindName);
  if (!kind) throw errors.unknownKind(`kind: expected one of ${[...deps.kinds.keys()].join(", ")}`);
  const parsed = kind.params.safeParse(params);
  const wrong = (parsed.error?.issues ?? []).map(({ path, message }) => ({
    path: ["params", ...path].map(String).join("."),
    message,
  }));
  const issues = [...wrong, ...issuesOf(problemsOfData(kind, data))];
  if (issues[0]) throw errors.invalidRequest(`${issues[0].path}: ${issues[0].message}`, { issues });
  const delivered = files.map(({ name, role, crc32c, contentType, size }) => {
    return { name, role, crc32c, object: sampleObject(jobId, name), announced: { contentType, size } };
  });
  return {
    jobId,
    kind: kind.name,
    spaceId: SAMPLES_SPACE,
    createdBy,
    title,
    params: parsed.data ?? {},
    files: await storedFiles(kind, delivered, deps.resources),
    data,
    leaseNumber: 1,
    completedAt: deps.clock(),
  };
}

export const importSampleRoute = route(
  {
    operationId: "importSample",
    access: "admin",
    method: "post",
    path: "/v1/admin/samples/imports",
    summary: "Make a sample of files that were uploaded; everyone sees it",
    request: { body: jsonBody(importBody) },
    responses: {
      200: json(
        z.object({ id: z.string() }),
        "The resource that it becomes within moments, or has been already.",
      ),
    },
    errors: ["unknown_kind", "output_missing", "outputs_rejected"],
  },
  importSample,
  async (c, perform) =>
    c.json(await perform({ administrator: c.var.service.subject, body: c.req.valid("json") }), 200),
);
