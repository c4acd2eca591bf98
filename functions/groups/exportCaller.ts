import pMap from "p-map";
import { plusSeconds } from "#shared/platform/clock.ts";
import { audit } from "#shared/platform/sql/auditLog.ts";
import type { UrlSigner } from "#shared/platform/storage/urlSigner.ts";
import { type Membership, membershipsOf } from "#shared/spaces/membership.ts";
import { personOf } from "#shared/spaces/person.ts";
import { rulesOf } from "#shared/spaces/spaceTypes.ts";
import type { Caller } from "./caller.ts";
import type { GroupsDeps } from "./deps.ts";
import { documentsOf, EXPORT_LIMIT, type Owner, recordsOf } from "./exportQueries.ts";
import { groupView } from "./group.ts";

/** How long the links of an export work. */
const LINK_MINUTES = 15;
/** Real seconds that signing may take; an export is answered within its request. */
const SIGNING_SECONDS = 30;
const SIGNING_AT_ONCE = 16;
/** Links of one answer, those of the last thing not counted: each costs a call to IAM. */
const LINKS = 300;

/** One JSON document of everything that is kept of a person. */
export interface Export {
  readonly exportedAt: string;
  readonly linksExpireAt: string;
  /** Whether nothing was left out. */
  readonly complete: boolean;
  /** Names of lists that had more than fit. */
  readonly truncated: string[];
  /** For the links that this answer doesn't have; null after the last. */
  readonly nextCursor: string | null;
  readonly [section: string]: unknown;
}

/**
 * Everything that is kept of the caller: profile, sign-ins, devices, badges, invitations, sessions of games that they played, notes of the
 * audit log, and the things they may take with them, with links to the files: all of the spaces that end with them (a recipient's group, the
 * personal space), and of other spaces that they are in those they made. What they made for a space that they have left is its members'
 * alone; what was measured of themself there is theirs.
 *
 * Answered within a minute: at most 1,000 of each list, the newest; `truncated` names the lists that had more. One answer has the links of
 * so many things as have 300 files; `nextCursor` asks for the document with the next ones. A link that another answer has, or that couldn't be
 * signed, is null, and `complete` is then false.
 * @param cursor the `nextCursor` of an earlier answer; one whose thing is gone begins again
 */
export async function exportCaller(
  caller: Caller,
  cursor: string | undefined,
  deps: GroupsDeps,
): Promise<Export> {
  const now = deps.clock();
  const { person, group, owner, records } = await deps.db.transaction(
    async (sql) => {
      const found = await personOf(sql, caller.userId);
      const memberships = await membershipsOf(sql, found.id);
      const areTheirs = ({ type, role }: Membership) => rulesOf(type, role)?.whenErased === "space_ends";
      const ownerOf: Owner = {
        createdBy: found.id,
        spaceIds: memberships.filter(areTheirs).map(({ spaceId }) => spaceId),
        otherSpaceIds: memberships.filter((one) => !areTheirs(one)).map(({ spaceId }) => spaceId),
      };
      const careGroup = memberships.find(({ type }) => type === "care");
      return {
        person: found,
        group: careGroup ? await groupView(sql, careGroup.spaceId) : null,
        owner: ownerOf,
        records: await recordsOf(sql, found.id, ownerOf),
      };
    },
    { isolation: "repeatable read" },
  );
  const documents = await documentsOf(await deps.firestore(), owner);
  const linksExpireAt = plusSeconds(now, LINK_MINUTES * 60);
  const [resources, uploads] = await Promise.all([deps.resources(), deps.uploads()]);
  const links = await linkFiles(
    [
      { list: "resources", things: records.resources.slice(0, EXPORT_LIMIT), store: resources },
      { list: "uploads", things: documents.uploads.slice(0, EXPORT_LIMIT), store: uploads },
    ],
    { cursor, expiresAt: linksExpireAt },
  );
  const lists = {
    ...records.lists,
    resources: links.into(records.resources),
    uploads: links.into(documents.uploads),
    jobs: documents.jobs,
  };
  await audit(deps.db, { action: "exported", ...caller }, now);
  const truncated = Object.entries(lists).filter(([, items]) => items.length > EXPORT_LIMIT);
  return {
    exportedAt: now.toISOString(),
    linksExpireAt: linksExpireAt.toISOString(),
    complete: links.complete && truncated.length === 0,
    truncated: truncated.map(([name]) => name),
    nextCursor: links.nextCursor,
    profile: person,
    group,
    ...Object.fromEntries(Object.entries(lists).map(([name, items]) => [name, items.slice(0, EXPORT_LIMIT)])),
  };
}

/** The one object of a file. */
interface FileObject {
  readonly object: string;
  readonly generation: string;
}

/** Something with files, each of which is one object. */
interface WithFiles {
  readonly id?: unknown;
  readonly files: readonly FileObject[];
}

interface Linkable {
  readonly list: string;
  readonly things: readonly WithFiles[];
  readonly store: UrlSigner;
}

/** Signs the links of one answer, many at once, for as long as there is time. */
async function linkFiles(
  linkables: readonly Linkable[],
  { cursor, expiresAt }: { cursor: string | undefined; expiresAt: Date },
): Promise<{
  complete: boolean;
  nextCursor: string | null;
  into: (things: readonly WithFiles[]) => unknown[];
}> {
  const all = linkables.flatMap(({ list, things, store }) =>
    things.map(({ id, files }) => ({ key: `${list}.${id}`, files, store })),
  );
  const from = all.findIndex(({ key }) => key === cursor) + 1;
  let count = 0;
  let to = from;
  for (; to < all.length && count < LINKS; to++) count += all[to]?.files.length ?? 0;
  const files = all
    .slice(from, to)
    .flatMap((thing) => thing.files.map((file) => ({ ...file, store: thing.store })));
  const until = performance.now() + SIGNING_SECONDS * 1000;
  const signed = new Map(
    await pMap(
      files,
      async ({ object, generation, store }) => {
        if (performance.now() > until) return [object, null] as const;
        // One file without a link is better than no export.
        const url = await store.signRead(object, generation, expiresAt).catch(() => null);
        return [object, url] as const;
      },
      { concurrency: SIGNING_AT_ONCE },
    ),
  );
  const total = all.reduce((sum, thing) => sum + thing.files.length, 0);
  return {
    complete: files.length === total && [...signed.values()].every((url) => url !== null),
    nextCursor: to < all.length ? (all[to - 1]?.key ?? null) : null,
    into: (things) =>
      things.map((thing) => ({
        ...thing,
        files: thing.files.map(({ object, generation: _, ...file }) => ({
          ...file,
          url: signed.get(object) ?? null,
        })),
      })),
  };
}
