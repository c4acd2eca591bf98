/** The care group of the person who is signed in. */
import { api } from "../api/client.ts";
import { answered, ProblemError } from "../api/problem.ts";
import type { components } from "../api/schema.d.ts";

export type Group = components["schemas"]["Group"];
export type Member = components["schemas"]["Member"];

/** @returns null when the caller is in no group */
export async function loadGroup(signal: AbortSignal): Promise<Group | null> {
  try {
    return answered(await api.GET("/v1/group", { signal }));
  } catch (error) {
    if (error instanceof ProblemError && error.code === "not_in_group") return null;
    throw error;
  }
}
