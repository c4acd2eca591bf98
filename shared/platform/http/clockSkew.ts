/** How far apart the clocks of two machines may be, when the times of a token are compared. */
export const CLOCK_SKEW_SECONDS = 30;
