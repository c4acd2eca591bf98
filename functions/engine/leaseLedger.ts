import type { DocumentReference, Firestore } from "@google-cloud/firestore";
import { hasGrpcStatus } from "#shared/platform/grpcStatus.ts";
import { bodyHash, recordExpiry, recordId, recordOf } from "#shared/platform/idempotency/firestore.ts";
import { type IdempotencyRecord, type LeaseRecord, recordsOf } from "#shared/platform/idempotency/record.ts";
import type { RandomBytes } from "#shared/platform/ids.ts";
import type { ConditionalWrite, Version } from "#shared/queue/jobStore.ts";
import { type LeaseRef, leaseIdOf } from "./leaseId.ts";

/**
 * What leases a request was given. For a request with a key it is a document: each claim adds to it in the very write that leases the
 * job, and depends on the document being as it was. So a request that is repeated, even while it is still at work, gets no more
 * than it asked for, and finds again what it was given.
 */
export class LeaseLedger {
  readonly #document: DocumentReference<IdempotencyRecord, IdempotencyRecord> | undefined;
  readonly #key: string;
  #record: LeaseRecord;
  #version: Version | undefined;

  private constructor(
    document: DocumentReference<IdempotencyRecord, IdempotencyRecord> | undefined,
    key: string,
    record: LeaseRecord,
    version: Version | undefined,
  ) {
    this.#document = document;
    this.#key = key;
    this.#record = record;
    this.#version = version;
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
    const id = recordId({ caller: request.caller, key, route: "POST /v1/engine/leases" });
    const document = recordsOf(deps.firestore).doc(id);
    for (;;) {
      const snapshot = await document.get();
      const known = recordOf(snapshot, request);
      if (known?.type === "leases") return new LeaseLedger(document, key, known, snapshot.updateTime);
      try {
        // One whose day is over may still be there.
        const written = snapshot.exists ? await document.set(fresh) : await document.create(fresh);
        return new LeaseLedger(document, key, fresh, written.writeTime);
      } catch (error) {
        if (!hasGrpcStatus(error, "alreadyExists")) throw error;
      }
    }
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

  /** The record with one more lease, to be committed with the lease; `added` follows. Undefined for a request without a key. */
  with(ref: LeaseRef): ConditionalWrite<LeaseRecord> | undefined {
    if (!this.#document) return undefined;
    const leases = [...this.#record.leases, ref];
    return { id: this.#document.id, version: this.#version, content: { ...this.#record, leases } };
  }

  /** The lease was committed, and the record with it at this version. */
  added(ref: LeaseRef, version: Version | undefined): void {
    this.#record = { ...this.#record, leases: [...this.#record.leases, ref] };
    this.#version = version;
  }

  /** Whether the same request, made a second time, has written to the ledger since. */
  async overtaken(): Promise<boolean> {
    const found = (await this.#document?.get())?.updateTime;
    const mine = this.#version;
    return found !== undefined && mine !== undefined && !sameVersion(found, mine);
  }

  /** The request is being answered with what is on the ledger. */
  async close(): Promise<void> {
    await this.#document?.update({ closed: true });
  }
}

function sameVersion(a: Version, b: Version): boolean {
  return a.seconds === b.seconds && a.nanoseconds === b.nanoseconds;
}
