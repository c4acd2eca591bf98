/** The spaces of the person who is signed in, and the one among them that the pages show. */
import { computed, effect, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { api } from "../api/client.ts";
import { answered } from "../api/problem.ts";
import { keepChoice, readChoice } from "../config/storage.ts";
import { parameter, setParameter } from "../nav/router.ts";
import { sessionState } from "../session/session.ts";
import { chooseSpace, defaultSpace, type Space } from "./chooseSpace.ts";

export type { Space } from "./chooseSpace.ts";

/** In the address and in storage. */
const NAME = "space";

/** In the order in which the person joined; undefined until they are loaded, and when no one is signed in. */
export const spaces = signal<readonly Space[] | undefined>(undefined);
/** Why they could not be loaded. */
export const spacesError = signal<unknown>(undefined);
const remembered = signal(readChoice(NAME));

/** The space that is shown: the one in the address, or else the one that was chosen last, or else the one that the API means. */
export const shownSpace = computed(() =>
  chooseSpace(spaces.value ?? [], [parameter(NAME), remembered.value]),
);

/** Loads them whenever someone signs in, and forgets them when they sign out. */
export function followSpaces(): void {
  effect(() => {
    spaces.value = undefined;
    spacesError.value = undefined;
    if (sessionState.value === "in") void loadSpaces();
  });
}

/** Loads them again, as after joining or leaving one. What is known stays until then. */
export async function loadSpaces(): Promise<void> {
  spacesError.value = undefined;
  try {
    const { items } = answered(await api.GET("/v1/spaces"));
    if (sessionState.peek() === "in") spaces.value = items;
  } catch (error) {
    spacesError.value = error;
  }
}

export function showSpace({ id }: Space): void {
  setParameter(NAME, id);
}

/** The query of an address that shows a space. */
export function queryOfSpace(id: string): string {
  return `?${NAME}=${encodeURIComponent(id)}`;
}

/**
 * The space that a page shows, undefined until it is known. While the page is shown its address names the space, unless it is the one that
 * the API means, and the choice is remembered for the next page.
 */
export function useSpace(): Space | undefined {
  const space = shownSpace.value;
  useEffect(() => {
    // Another person may have let this one in, or out, since.
    void loadSpaces();
  }, []);
  const id = space?.id;
  const asked = parameter(NAME);
  const isDefault = id === defaultSpace(spaces.value ?? [])?.id;
  useEffect(() => {
    if (id === undefined) return;
    const named = isDefault ? undefined : id;
    remembered.value = named;
    keepChoice(NAME, named);
    setParameter(NAME, named);
  }, [id, isDefault, asked]);
  return space;
}
