import { signal } from "@preact/signals";
import type { components } from "../api/schema.d.ts";

/** What the erasure that this page asked for took; shown once, after it. */
export const erased = signal<components["schemas"]["Erasure"] | undefined>(undefined);
