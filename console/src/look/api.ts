/** What the viewer and the editor ask of the API. */
import { api } from "../api/client.ts";
import { answered, ProblemError } from "../api/problem.ts";
import type { components } from "../api/schema.d.ts";
import type { Composition } from "./editor/composition.ts";
import { compositionOf, creationOf } from "./editor/composition.ts";
import { signedAddresses } from "./files/signedAddresses.ts";
import type { Part } from "./stage/viewer.ts";

export type Resource = components["schemas"]["Resource"];
export type ListedResource = components["schemas"]["ListedResource"];

/** A VR video in a list. */
export interface ListedVideo {
  readonly id: string;
  readonly title: string;
  readonly createdAt: string;
  readonly scene: { readonly resourceId: string };
  readonly avatars: readonly { readonly resourceId: string }[];
}

export async function loadResource(id: string, signal?: AbortSignal): Promise<Resource> {
  const options = { params: { path: { id } }, ...(signal === undefined ? {} : { signal }) };
  return answered(await api.GET("/v1/resources/{id}", options));
}

interface PageOf<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

export async function listResources(
  { spaceId, kind }: { readonly spaceId: string; readonly kind: Part["kind"] },
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<PageOf<ListedResource>> {
  const query = { spaceId, kind, limit: 24, ...(cursor === undefined ? {} : { cursor }) };
  return answered(await api.GET("/v1/resources", { params: { query }, signal }));
}

export async function listVideos(
  spaceId: string,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<PageOf<ListedVideo>> {
  const query = { spaceId, limit: 24, ...(cursor === undefined ? {} : { cursor }) };
  return answered(await api.GET("/v1/vr-videos", { params: { query }, signal }));
}

/** A VR video with all that is needed to show it, in the state that `etag` names. */
export interface OpenedVideo {
  readonly id: string;
  readonly spaceId: string;
  readonly composition: Composition;
  readonly etag: string;
  /** By their ids, with signed URLs. */
  readonly resources: ReadonlyMap<string, Resource>;
}

export async function openVideo(id: string, signal?: AbortSignal): Promise<OpenedVideo> {
  const options = { params: { path: { id } }, ...(signal === undefined ? {} : { signal }) };
  const result = await api.GET("/v1/vr-videos/{id}", options);
  const video = answered(result);
  const placed: readonly { readonly resource: Resource }[] = [video.scene, ...video.avatars];
  return {
    id,
    spaceId: video.spaceId,
    composition: compositionOf(video),
    etag: etagOf(result.response),
    resources: new Map(placed.map(({ resource }) => [resource.id, resource])),
  };
}

export async function createVideo(spaceId: string, composition: Composition, key: string): Promise<string> {
  const result = await api.POST("/v1/vr-videos", {
    params: { header: { "idempotency-key": key } },
    body: { ...creationOf(composition), spaceId },
  });
  return answered(result).id;
}

/** @returns the new state's entity tag; undefined when it was changed meanwhile, and then nothing was saved */
export async function saveVideo(
  id: string,
  change: components["schemas"]["ChangeVrVideo"],
  etag: string,
): Promise<string | undefined> {
  const result = await api.PATCH("/v1/vr-videos/{id}", {
    params: { path: { id }, header: { "if-match": etag } },
    body: change,
  });
  if (result.response.status === 412) return undefined;
  answered(result);
  return etagOf(result.response);
}

export async function deleteVideo(id: string): Promise<void> {
  answered(await api.DELETE("/v1/vr-videos/{id}", { params: { path: { id } } }));
}

/** A resource as a part that the viewer shows. */
export function partOf(resource: Resource, kind: Part["kind"], transform: Part["transform"]): Part {
  return {
    resourceId: resource.id,
    kind,
    transform,
    files: resource.files,
    addresses: signedAddresses(resource, () => loadResource(resource.id), Date.now),
  };
}

function etagOf(response: Response): string {
  const etag = response.headers.get("etag");
  if (etag === null) throw new ProblemError({ title: "an answer without its ETag" }, response);
  return etag;
}
