import type { Batch, DocumentReference, WriteResult } from "./references.ts";
import {
  type Condition,
  createWrite,
  deleteWrite,
  type JsonWrite,
  mergeWrite,
  setWrite,
  updateWrite,
} from "./writes.ts";

type Content = Readonly<Record<string, unknown>>;

export class WriteBatch implements Batch {
  readonly #send: (writes: readonly JsonWrite[]) => Promise<WriteResult[]>;
  readonly #writes: JsonWrite[] = [];

  constructor(send: (writes: readonly JsonWrite[]) => Promise<WriteResult[]>) {
    this.#send = send;
  }
  get writes(): readonly JsonWrite[] {
    return this.#writes;
  }
  create(ref: DocumentReference, document: Content): this {
    return this.#add(createWrite(ref.name, ref.contentOf(document)));
  }
  set(ref: DocumentReference, document: Content, options?: { readonly merge?: boolean }): this {
    const write = options?.merge ? mergeWrite : setWrite;
    return this.#add(write(ref.name, ref.contentOf(document)));
  }
  update(ref: DocumentReference, changes: Content, condition?: Condition): this {
    return this.#add(updateWrite(ref.name, changes, condition));
  }
  delete(ref: DocumentReference, condition?: Condition): this {
    return this.#add(deleteWrite(ref.name, condition));
  }
  #add(write: JsonWrite): this {
    this.#writes.push(write);
    return this;
  }
  commit(): Promise<WriteResult[]> {
    return this.#send(this.#writes);
  }
}
