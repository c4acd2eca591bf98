/** What the handles do. */
export const TOOLS = ["move", "turn", "size"] as const;
export type Tool = (typeof TOOLS)[number];
