/** The current time; injected, so that tests decide what time it is. */
export type Clock = () => Date;
/** The machine's clock, in milliseconds UTC. */
export const systemClock: Clock = () => new Date();
/** `date` plus `seconds` (may be negative or fractional). */
export function plusSeconds(date: Date, seconds: number): Date {
  return new Date(date.getTime() + Math.round(seconds * 1000));
}
