import { Storage } from "@google-cloud/storage";

/** Cloud Storage's client, with the function's own account. It brings its token to a stand-in as well, which checks it as Google does. */
export function storageClient(projectId: string): Storage {
  return new Storage({ projectId, useAuthWithCustomEndpoint: true });
}
