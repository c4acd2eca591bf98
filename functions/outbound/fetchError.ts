import type { FetchFailure } from "#shared/uploads/uploadDocument.ts";

/** What a URL names can't be fetched, for a reason that lies there and not with us. Its message holds no part of the URL. */
export class FetchError extends Error {
  readonly failure: FetchFailure;
  /** Whether another try may succeed. */
  readonly mayPass: boolean;

  constructor(failure: FetchFailure, { mayPass = false }: { mayPass?: boolean } = {}) {
    super(failure);
    this.name = "FetchError";
    this.failure = failure;
    this.mayPass = mayPass;
  }
}
