/** A request with this header to the address of a function's trigger starts a process of the function, and doesn't call it. */
export const START_ONLY = "x-start-only";
