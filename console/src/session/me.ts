/** The person who is signed in. */
import { effect, signal } from "@preact/signals";
import { api } from "../api/client.ts";
import { answered } from "../api/problem.ts";
import type { components } from "../api/schema.d.ts";
import { sessionState } from "./session.ts";

export type Me = components["schemas"]["Me"];

/** Undefined until it is loaded, and when no one is signed in. */
export const me = signal<Me | undefined>(undefined);
/** Why it could not be loaded. */
export const meError = signal<unknown>(undefined);

/** Loads the profile whenever someone signs in, and forgets it when they sign out. */
export function followMe(): void {
  effect(() => {
    me.value = undefined;
    meError.value = undefined;
    if (sessionState.value === "in") void loadMe();
  });
}

export async function loadMe(): Promise<void> {
  meError.value = undefined;
  try {
    const loaded = answered(await api.GET("/v1/me"));
    if (sessionState.peek() === "in") me.value = loaded;
  } catch (error) {
    meError.value = error;
  }
}

type Change = NonNullable<Parameters<typeof api.PATCH<"/v1/me", { body: object }>>[1]>["body"];

/** Changes the profile, and shows it as it is then. */
export async function changeMe(change: Change): Promise<void> {
  me.value = answered(await api.PATCH("/v1/me", { body: change }));
}
