import type {
  DocumentReference,
  Firestore,
  Timestamp,
  WriteBatch,
  WriteResult,
} from "@google-cloud/firestore";
import { bodyHash, recordDocument, recordExpiry, recordOf } from "#shared/platform/idempotency/firestore.ts";
import type { LeaseRecord } from "#shared/platform/idempotency/record.ts";
import type { RandomBytes } from "#shared/platform/ids.ts";
import { type LeaseRef, leaseIdOf } from "./leaseId.ts";

const ALREADY_EXISTS = 6;

/**
 * What leases a request was given. For a request with a key it is a document: each claim adds to it in the very write that leases the
 * job, and depends on nobody having added meanwhile. So a request that is repeated, even while it is still at work, gets no more
 * than it asked for, and finds again what it was given.
 */
export class LeaseLedger {
  readonly #document: DocumentReference | undefined;
  readonly #key: string;
  #record: LeaseRecord;
  #updateTime: Timestamp | undefined;

  private constructor(
    document: DocumentReference | undefined,
    key: string,
    record: LeaseRecord,
    updateTime: Timestamp | undefined,
  ) {
    this.#document = document;
    this.#key = key;
    this.#record = record;
    this.#updateTime = updateTime;
  }

  /** @throws `idempotency_key_reused` */
  static async open(
    request: { caller: string; key: string | undefined; body: unknown; now: Date },
    deps: { firestore: Firestore; randomBytes: RandomBytes },
  ): Promise<LeaseLedger> {
    const fresh: LeaseRecord = {
      type: "leases",
      caller: request.caller,
      bodyHash: bodyHash(request.body),
      seed: deps.randomBytes(16).toString("base64"),
      leases: [],
      closed: false,
      expiresAt: recordExpiry(request.now),
    };
    const { key } = request;
    if (key === undefined) {
      return new LeaseLedger(undefined, deps.randomBytes(16).toString("base64"), fresh, undefined);
    }
    const document = recordDocument(deps.firestore, { ...request, key, route: "POST /v1/engine/leases" });
    for (;;) {
      const snapshot = await document.get();
      const known = recordOf(snapshot, request);
      if (known?.type === "leases") return new LeaseLedger(document, key, known, snapshot.updateTime);
      try {
        // One whose day is over may still be there.
        const written = snapshot.exists ? await document.set(fresh) : await document.create(fresh);
        return new LeaseLedger(document, key, fresh, written.writeTime);
      } catch (error) {
        if (!(error instanceof Error && "code" in error && error.code === ALREADY_EXISTS)) throw error;
      }
    }
  }

  /** Whether the request was answered before: nothing comes to it any more. */
  get closed(): boolean {
    return this.#record.closed;
  }

  get leases(): readonly LeaseRef[] {
    return this.#record.leases;
  }

  leaseId(ref: LeaseRef): string {
    return leaseIdOf(ref, Buffer.from(this.#record.seed, "base64"), this.#key);
  }

  /** Adds to a batch that the lease was given; `wrote` follows with the batch's results when it was committed. */
  add(batch: WriteBatch, ref: LeaseRef): { wrote: (results: readonly WriteResult[]) => void } {
    const leases = [...this.#record.leases, ref];
    if (this.#document && this.#updateTime) {
      batch.update(this.#document, { leases }, { lastUpdateTime: this.#updateTime });
    }
    return {
      wrote: (results) => {
        this.#record = { ...this.#record, leases };
        this.#updateTime = results.at(-1)?.writeTime;
      },
    };
  }

  /** Whether the same request, made a second time, has written to the ledger since. */
  async overtaken(): Promise<boolean> {
    const snapshot = await this.#document?.get();
    return snapshot?.updateTime !== undefined && this.#updateTime?.isEqual(snapshot.updateTime) === false;
  }

  /** The request is being answered with what is on the ledger. */
  async close(): Promise<void> {
    await this.#document?.update({ closed: true });
  }
}
