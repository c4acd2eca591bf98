/** What the tests beside the routes of `library` find in the database. */
import type { ResourceRow } from "../resourceRows.ts";
import type { FileSigner } from "../signedFiles.ts";
import type { VrVideoRow } from "../vrVideoRows.ts";

/** What a change of the log needs, at a fixed time; feeds are not raised. */
export const recording = { clock: () => new Date("2026-03-01T10:00:00Z"), raiseFeeds: async () => {} };

export const ID = "0123456789abcdefghjkmnpqrs";

export function resourceRow(overrides: Partial<ResourceRow> = {}): ResourceRow {
  return {
    id: ID,
    version: "v1",
    space_id: "space",
    kind: "scene",
    title: "The garden",
    params: { location: "outdoor" },
    data: null,
    completed_at: new Date("2026-03-01T10:00:00.123Z"),
    completed_at_text: "2026-03-01T10:00:00.123456Z",
    files: [
      {
        name: "scene.glb",
        role: "model",
        object: "spaces/s/scene.glb",
        generation: "1",
        contentType: "model/gltf-binary",
        size: 7,
      },
    ],
    ...overrides,
  };
}

export function vrVideoRow(overrides: Partial<VrVideoRow> = {}): VrVideoRow {
  const transform: VrVideoRow["scene_transform"] = {
    position: [0, 1, 2],
    rotation: [0, 0, 0, 1],
    scale: [1, 1, 1],
  };
  return {
    id: ID,
    space_id: "space",
    title: "Together",
    scene_id: "scene",
    scene_transform: transform,
    version: "v1",
    created_at: new Date("2026-03-01T10:00:00.123Z"),
    created_at_text: "2026-03-01T10:00:00.123456Z",
    avatars: [{ resourceId: "avatar", transform }],
    ...overrides,
  };
}

/** A membership of that space, beside what else a statement gives: every statement of such a test is given the same rows. */
export function asMember<Row extends object>(row: Row) {
  return { ...row, spaceId: "space", type: "care", role: "giver" };
}

/** Signs by putting a host in front of the object's name. */
export const signer: FileSigner = {
  sign: async (files) => ({
    files: files.map(({ name, role, contentType, size, object }) => ({
      ...{ name, role, contentType, size },
      url: `https://storage.example/${object}`,
    })),
    urlsExpireAt: "2026-03-01T10:15:00.000Z",
  }),
};
