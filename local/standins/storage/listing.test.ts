import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Buckets } from "./buckets.ts";
import { openDatabase } from "./database.ts";
import { temporaryDirectory } from "./harness.ts";
import { listObjects } from "./listing.ts";
import { Objects } from "./objects.ts";

const bytewise = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

test("pages of any size, put together, are what a plain filter gives, in order", () => {
  const db = openDatabase(temporaryDirectory());
  const [buckets, objects] = [new Buckets(db), new Objects(db)];
  let made = 0;
  const bucketWith = (names: readonly string[]): string => {
    made += 1;
    const bucket = `bucket-${made}`;
    buckets.put({ name: bucket, lifecycleDays: null });
    for (const name of names) {
      const rest = { size: 0, crc32c: "", md5: "", fields: {} };
      objects.put({ bucket, name, blob: `${bucket} ${name}`, ...rest }, {}, 0);
    }
    return bucket;
  };
  const piece = fc.constantFrom("a", "b", "/", "//", "é", "\uffee", "\u{1f600}", "-", "0");
  const name = fc.array(piece, { minLength: 1, maxLength: 5 }).map((pieces) => pieces.join(""));
  const part = fc.oneof(fc.constant(""), name);
  const property = fc.property(
    fc.uniqueArray(name, { maxLength: 12 }),
    part,
    part,
    fc.integer({ min: 1, max: 4 }),
    (names, prefix, startOffset, maxResults) => {
      const bucket = bucketWith(names);
      const found: string[] = [];
      let pageToken: string | undefined;
      do {
        const query = { prefix, startOffset, maxResults: String(maxResults) };
        const page = listObjects(
          objects,
          bucket,
          new URLSearchParams({ ...query, ...(pageToken === undefined ? {} : { pageToken }) }),
        );
        const entries = page.items.map((item) => item.name);
        assert.ok(entries.length <= maxResults);
        found.push(...entries);
        pageToken = page.nextPageToken;
      } while (pageToken !== undefined);

      const expected = names.filter((each) => each.startsWith(prefix) && bytewise(each, startOffset) >= 0);
      assert.deepEqual(found, expected.toSorted(bytewise));
    },
  );
  fc.assert(property, { numRuns: 300 });
  db.close();
});
