import assert from "node:assert/strict";
import { test } from "node:test";
import { Hono } from "hono";
import type { AppEnv } from "./appEnv.ts";
import { languageOf } from "./language.ts";

test("the first language of the request that we have; English when there is none", async () => {
  const app = new Hono<AppEnv>().get("/", (c) => c.text(languageOf(c)));
  const answered = async (header?: string) => {
    const response = await app.request(
      "/",
      header === undefined ? {} : { headers: { "accept-language": header } },
    );
    assert.equal(response.headers.get("set-cookie"), null);
    return response.text();
  };
  assert.equal(await answered(), "en");
  for (const header of ["ko", "ko-KR", "KO-kr", "fr, ko;q=0.5", "en;q=0.4, ko;q=0.9", "en;q=0, ko"])
    assert.equal(await answered(header), "ko", header);
  for (const header of ["en-GB, ko;q=0.9", "fr", "*", "", ";;q=,,", "korean", "ko;q=0", "ko;q=0.3, en;q=0.8"])
    assert.equal(await answered(header), "en", header);
});
