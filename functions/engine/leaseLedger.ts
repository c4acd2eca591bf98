import type { DocumentReference, DocumentSnapshot, Firestore } from "@google-cloud/firestore";
import { isConflict } from "#shared/platform/firestore/retryConflicts.ts";
import { bodyHash, recordExpiry, recordId, recordOf } from "#shared/platform/idempotency/firestore.ts";
import { type IdempotencyRecord, type LeaseRecord, recordsOf } from "#shared/platform/idempotency/record.ts";
import type { RandomBytes } from "#shared/platform/ids.ts";
import type { Pull } from "#shared/queue/engines.ts";
import type { ConditionalWrite, Version } from "#shared/queue/jobStore.ts";
import { addPull, addWrite } from "#shared/queue/store.ts";
import { type LeaseRef, leaseIdOf } from "./leaseId.ts";

type LedgerReference = DocumentReference<IdempotencyRecord, IdempotencyRecord>;

/** A request for work, as far as its ledger goes. */
interface Opening {
  readonly caller: string;
  readonly key: string | undefined;
  readonly body: unknown;
  readonly now: Date;
}

/**
 * What leases a request was given. For a request with a key it is a document: each claim adds to it in the very write that leases the
 * job, the first one makes it, and each depends on the document being as it was. So a request that is repeated, even while it is still
 * at work, gets no more than it asked for, and finds again what it was given. It is closed before the request is answered.
 */
export class LeaseLedger {
  readonly #document: LedgerReference | undefined;
  readonly #key: string;
  #record: LeaseRecord;
  #version: Version | undefined;

  private constructor(
    document: LedgerReference | undefined,
    key: string,
    record: LeaseRecord,
    version: Version | undefined,
  ) {
    this.#document = document;
    this.#key = key;
    this.#record = record;
    this.#version = version;
  }

  /** Where the ledger of a request is; undefined for a request without a key. */
  static reference(
    { caller, key }: Pick<Opening, "caller" | "key">,
    firestore: Firestore,
  ): LedgerReference | undefined {
    if (key === undefined) return undefined;
    return recordsOf(firestore).doc(recordId({ caller, key, route: "POST /v1/engine/leases" }));
  }

  /**
   * The ledger of a request. Nothing is written: until the first claim it is only here.
   * @param snapshot of its document; undefined for a request without a key
   * @throws `idempotency_key_reused`
   */
  static open(
    snapshot: DocumentSnapshot<IdempotencyRecord, IdempotencyRecord> | undefined,
    request: Opening,
    randomBytes: RandomBytes,
  ): LeaseLedger {
    const known = snapshot && recordOf(snapshot, request);
    const record: LeaseRecord =
      known?.type === "leases"
        ? known
        : {
            type: "leases",
            caller: request.caller,
            bodyHash: bodyHash(request.body),
            seed: randomBytes(16).toString("base64"),
            leases: [],
            closed: false,
            expiresAt: recordExpiry(request.now),
          };
    // One whose day is over may still be there: it is replaced, and so has a version.
    return new LeaseLedger(
      snapshot?.ref,
      request.key ?? randomBytes(16).toString("base64"),
      record,
      snapshot?.updateTime,
    );
  }

  /** Whether the request was answered before: nothing comes to it any more. */
  get closed(): boolean {
    return this.#record.closed;
  }

  /** Whether it is kept in a document, for a request with a key. */
  get isDocument(): boolean {
    return this.#document !== undefined;
  }

  get leases(): readonly LeaseRef[] {
    return this.#record.leases;
  }

  leaseId(ref: LeaseRef): string {
    return leaseIdOf(ref, Buffer.from(this.#record.seed, "base64"), this.#key);
  }

  /**
   * The record with one more lease, to be committed with the lease; `added` follows. Undefined for a request without a key.
   * @param closed whether it is the last one, so that the same commit closes the ledger
   */
  with(ref: LeaseRef, closed: boolean): ConditionalWrite<LeaseRecord> | undefined {
    if (!this.#document) return undefined;
    const leases = [...this.#record.leases, ref];
    return { id: this.#document.id, version: this.#version, content: { ...this.#record, leases, closed } };
  }

  /** The lease was committed, and the record with it at this version. */
  added(ref: LeaseRef, version: Version | undefined, closed: boolean): void {
    this.#record = { ...this.#record, leases: [...this.#record.leases, ref], closed };
    this.#version = version;
  }

  /** Whether the same request, made a second time, has written to the ledger since. */
  async overtaken(): Promise<boolean> {
    const found = (await this.#document?.get())?.updateTime;
    return found !== undefined && !(this.#version && sameVersion(found, this.#version));
  }

  /**
   * The request is being answered with what is on the ledger, and its engine has asked for work.
   * @returns `overtaken` when the ledger has been written since: by the same request, made a second time, or by this very commit, sent a
   *   second time because its answer was lost. It has to be opened again
   */
  async close(pull: Pull, firestore: Firestore): Promise<"overtaken" | undefined> {
    const batch = firestore.batch();
    if (this.#document && !this.#record.closed) {
      addWrite(
        { id: this.#document.id, version: this.#version, content: { ...this.#record, closed: true } },
        recordsOf(firestore),
        batch,
      );
    }
    addPull(pull, batch, firestore);
    try {
      await batch.commit();
    } catch (error) {
      if (!isConflict(error)) throw error;
      return "overtaken";
    }
    return undefined;
  }
}

function sameVersion(a: Version, b: Version): boolean {
  return a.seconds === b.seconds && a.nanoseconds === b.nanoseconds;
}
