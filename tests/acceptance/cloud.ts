import { readFileSync } from "node:fs";
import { z } from "zod";

/** What these tests know of the cloud they visit: addresses, and the key files of an engine and an administrator. */
const endpointsSchema = z.object({
  projectId: z.string(),
  /** The one origin. */
  api: z.url(),
  /** Where a person of any address gets an ID token: `POST /users`. */
  identity: z.url(),
  /** Where mail can be read: `GET /messages?to=`. */
  mail: z.url(),
  /** Where signed URLs lead. */
  storage: z.url(),
  /** Firebase Auth. */
  auth: z.url(),
  /** Firestore, as phones listen to it: `host:port`. */
  firestore: z.string(),
  engineKeyFile: z.string(),
  adminKeyFile: z.string(),
});
export type Endpoints = Readonly<z.infer<typeof endpointsSchema>>;

const VARIABLE = "REVERIE_ENDPOINTS";

/** The one origin of the cloud that the tests are pointed at; nothing else of it need be known. @throws as `endpoints` */
export function origin(): string {
  return z.object({ api: z.url() }).parse(read()).api;
}

/** The cloud that the tests are pointed at. @throws when `REVERIE_ENDPOINTS` names no file of endpoints */
export function endpoints(): Endpoints {
  return endpointsSchema.parse(read());
}

function read(): unknown {
  const file = process.env[VARIABLE];
  if (!file)
    throw new Error(
      `${VARIABLE} must name the endpoints.json of a running cloud; npm run test:acceptance starts one`,
    );
  return JSON.parse(readFileSync(file, "utf8"));
}
