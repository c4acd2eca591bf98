/** Objects made of other objects: copy, rewrite, move and compose. */
import { z } from "zod";
import { checkConditions, generationOf, queryConditions } from "./conditions.ts";
import { type Exchange, jsonBody, sendJson } from "./exchange.ts";
import { invalidArgument, noSuchObject, notFound } from "./failure.ts";
import { type ApiDeps, objectInput } from "./jsonApi.ts";
import { applyInput, describesFields, objectInputSchema, objectResource } from "./object.ts";

const MAX_COMPONENTS = 32;

const composeSchema = z.object({
  destination: objectInputSchema.default({}),
  sourceObjects: z
    .array(
      z.object({
        name: z.string(),
        generation: z.coerce.number().int().exactOptional(),
        objectPreconditions: z.object({ ifGenerationMatch: z.coerce.number().int() }).exactOptional(),
      }),
    )
    .min(1)
    .max(MAX_COMPONENTS),
});

/**
 * `copyTo/b/{bucket}/o/{object}`, `rewriteTo/b/{bucket}/o/{object}` (always done in one step) and `moveTo/o/{object}`.
 * @param rest the path below the source object
 */
export async function copyObject(
  exchange: Exchange,
  source: { readonly bucket: string; readonly name: string },
  rest: readonly string[],
  { storage }: ApiDeps,
): Promise<void> {
  const { query } = exchange;
  const { verb, bucket, name } = destinationOf(source.bucket, rest);
  const input = objectInput(await jsonBody(exchange));
  storage.deps.buckets.get(source.bucket);
  const object = storage.deps.objects.get(
    source.bucket,
    source.name,
    generationOf(query, "sourceGeneration"),
  );
  checkConditions(queryConditions(query, "ifSource"), object);
  // Metadata in the request stands for all of the object's own, but for its type.
  const { contentType } = object.fields;
  const kept = describesFields(input) ? (contentType === undefined ? {} : { contentType }) : object.fields;
  const target = { bucket, name, fields: applyInput(kept, input), conditions: queryConditions(query) };
  const copy = await storage.copy(object, target, verb === "moveTo");
  const resource = objectResource(copy, storage.deps.baseUrl);
  if (verb !== "rewriteTo") return sendJson(exchange, 200, resource);
  const size = String(copy.size);
  sendJson(exchange, 200, {
    kind: "storage#rewriteResponse",
    totalBytesRewritten: size,
    objectSize: size,
    done: true,
    resource,
  });
}

function destinationOf(
  bucket: string,
  rest: readonly string[],
): { verb: "copyTo" | "rewriteTo" | "moveTo"; bucket: string; name: string } {
  const [verb, ...path] = rest;
  if (verb === "moveTo") {
    const [o, name, ...more] = path;
    if (o === "o" && name !== undefined && more.length === 0) return { verb, bucket, name };
  }
  if (verb === "copyTo" || verb === "rewriteTo") {
    const [b, to, o, name, ...more] = path;
    if (b === "b" && to !== undefined && o === "o" && name !== undefined && more.length === 0) {
      return { verb, bucket: to, name };
    }
  }
  throw notFound();
}

/** Joins up to 32 objects of one bucket. */
export async function compose(
  exchange: Exchange,
  bucket: string,
  name: string,
  { storage }: ApiDeps,
): Promise<void> {
  const parsed = composeSchema.safeParse(await jsonBody(exchange));
  if (!parsed.success) throw invalidArgument(z.prettifyError(parsed.error));
  const { destination, sourceObjects } = parsed.data;
  storage.deps.buckets.get(bucket);
  const sources = sourceObjects.map(({ name: source, generation, objectPreconditions }) => {
    const object = storage.deps.objects.find(bucket, source);
    if (object === undefined || (generation ?? object.generation) !== object.generation) {
      throw noSuchObject(bucket, source);
    }
    const generationMatch = objectPreconditions?.ifGenerationMatch;
    checkConditions(generationMatch === undefined ? {} : { generationMatch }, object);
    return object;
  });
  async function* bytes(): AsyncGenerator<Buffer> {
    for (const { name: source, generation } of sources) {
      const { file } = await storage.open(bucket, source, generation);
      const stream: AsyncIterable<Buffer> = file.createReadStream();
      yield* stream;
    }
  }
  const fields = applyInput({}, destination);
  const target = { bucket, name, fields, conditions: queryConditions(exchange.query) };
  const componentCount = sources.reduce((sum, source) => sum + (source.componentCount ?? 1), 0);
  const object = await storage.upload(target, bytes(), {}, componentCount);
  sendJson(exchange, 200, objectResource(object, storage.deps.baseUrl));
}
