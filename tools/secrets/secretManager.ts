/** The part of Secret Manager that is used here: https://cloud.google.com/secret-manager/docs/reference/rest */
import { z } from "zod";

export interface SecretManager {
  /** Whether the secret has a version that can be read. */
  hasValue(name: string): Promise<boolean>;
  /** The newest version's value. */
  read(name: string): Promise<string>;
  /** Adds a version, which is then the newest. */
  add(name: string, value: string): Promise<void>;
}

const versions = z.object({ versions: z.array(z.object({ name: z.string() })).default([]) });
const version = z.object({ payload: z.object({ data: z.string() }) });

/**
 * @param accessToken of an account that may read and add versions
 * @throws Error with the status and the secret's name, never a value
 */
export function secretManager(
  projectId: string,
  accessToken: () => Promise<string>,
  request: typeof fetch = fetch,
): SecretManager {
  const call = async (name: string, rest: string, body?: object): Promise<unknown> => {
    const response = await request(
      `https://secretmanager.googleapis.com/v1/projects/${projectId}/secrets/${name}${rest}`,
      {
        method: body === undefined ? "GET" : "POST",
        headers: {
          authorization: `Bearer ${await accessToken()}`,
          "content-type": "application/json",
          // A person's requests are refused unless they count against a project's quota.
          "x-goog-user-project": projectId,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      },
    );
    if (!response.ok) throw new Error(`Secret Manager answered ${response.status} for ${name}`);
    return response.json();
  };
  return {
    async hasValue(name) {
      const found = versions.parse(await call(name, "/versions?filter=state:ENABLED&pageSize=1"));
      return found.versions.length > 0;
    },
    async read(name) {
      const { payload } = version.parse(await call(name, "/versions/latest:access"));
      return Buffer.from(payload.data, "base64").toString("utf8");
    },
    async add(name, value) {
      await call(name, ":addVersion", { payload: { data: Buffer.from(value).toString("base64") } });
    },
  };
}
