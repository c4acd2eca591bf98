/** The space whose things a person sees and sends without naming one. */
import { api } from "../api/client.ts";
import { answered } from "../api/problem.ts";
import type { components } from "../api/schema.d.ts";

export type Space = components["schemas"]["Space"];

/** The care group, or else the personal space, as the API chooses. */
export async function loadSpace(signal: AbortSignal): Promise<Space | undefined> {
  const { items } = answered(await api.GET("/v1/spaces", { signal }));
  return items.find(({ type }) => type === "care") ?? items.find(({ type }) => type === "personal");
}
