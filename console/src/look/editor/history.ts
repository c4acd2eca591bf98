/** Undo and redo over whole states. States are never changed, only replaced. */

export interface History<State> {
  readonly present: State;
  readonly past: readonly State[];
  readonly future: readonly State[];
  /** What the last step did; steps of the same name that follow each other are one. */
  readonly step: string | undefined;
}

/** Older steps than so many are forgotten. */
const KEPT = 200;

export function begun<State>(present: State): History<State> {
  return { present, past: [], future: [], step: undefined };
}

/**
 * @param step names what is going on while it lasts, as a drag or typing in one field does; without it, the step stands alone
 */
export function did<State>(history: History<State>, next: State, step?: string): History<State> {
  if (next === history.present) return history;
  if (step !== undefined && step === history.step) return { ...history, present: next, future: [] };
  const past = [...history.past, history.present].slice(-KEPT);
  return { present: next, past, future: [], step };
}

/** The next step stands alone, also one of the same name. */
export function finished<State>(history: History<State>): History<State> {
  return history.step === undefined ? history : { ...history, step: undefined };
}

export function undone<State>(history: History<State>): History<State> {
  const { past, present, future } = history;
  const previous = past.at(-1);
  if (previous === undefined) return history;
  return { present: previous, past: past.slice(0, -1), future: [present, ...future], step: undefined };
}

export function redone<State>(history: History<State>): History<State> {
  const { past, present, future } = history;
  const [next, ...rest] = future;
  if (next === undefined) return history;
  return { present: next, past: [...past, present], future: rest, step: undefined };
}
