import { RestCallError } from "../../google/restCall.ts";
import { grpcStatus } from "../../grpcStatus.ts";

/** After which codes a call is made again, and for how long. */
export interface Repetition {
  readonly codes: ReadonlySet<number>;
  readonly milliseconds: number;
}

const { aborted, deadlineExceeded, internal, resourceExhausted, unavailable } = grpcStatus;
const PASSING = [deadlineExceeded, resourceExhausted, internal, unavailable];
/** No write goes on for longer than a function may take; a read fails sooner, since a person waits for it. */
const PATIENCE_MS = { write: 60_000, read: 5_000 };

/** The codes as Google's client has them (firestore_client_config.json of @google-cloud/firestore-api). */
export const REPETITIONS = {
  commit: { codes: new Set<number>([resourceExhausted, unavailable]), milliseconds: PATIENCE_MS.write },
  /** Outside of a transaction nothing else is lost when other writes were in the way. */
  commitOfBatch: {
    codes: new Set<number>([resourceExhausted, unavailable, aborted]),
    milliseconds: PATIENCE_MS.write,
  },
  rollback: { codes: new Set<number>(PASSING), milliseconds: PATIENCE_MS.write },
  read: { codes: new Set<number>(PASSING), milliseconds: PATIENCE_MS.read },
} as const satisfies Record<string, Repetition>;

/** The same place's waits, in milliseconds; each is drawn from zero up to it. */
const WAIT = { first: 100, factor: 1.3, most: 60_000 };

/** Makes a call again while it fails with one of the codes. */
export async function repeated<T>(send: () => Promise<T>, { codes, milliseconds }: Repetition): Promise<T> {
  const until = performance.now() + milliseconds;
  for (let wait = WAIT.first; ; wait = Math.min(WAIT.most, wait * WAIT.factor)) {
    try {
      return await send();
    } catch (error) {
      const mayPass = error instanceof RestCallError && codes.has(error.code);
      if (!mayPass || performance.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * wait));
    }
  }
}
