import pMap from "p-map";
import { plusSeconds } from "#shared/platform/clock.ts";
import { audit } from "#shared/platform/sql/auditLog.ts";
import type { UrlSigner } from "#shared/platform/storage/urlSigner.ts";
import { personOf } from "#shared/spaces/person.ts";
import { spaceOfCaller } from "#shared/spaces/spaceOfCaller.ts";
import type { Caller } from "./caller.ts";
import type { GroupsDeps } from "./deps.ts";
import { documentsOf, EXPORT_LIMIT, type Owner, recordsOf } from "./exportQueries.ts";
import { groupView } from "./group.ts";

/** How long the links of an export work. */
const LINK_MINUTES = 15;
/** Real seconds that signing may take; an export is answered within its request. */
const SIGNING_SECONDS = 30;
const SIGNING_AT_ONCE = 16;

/** One JSON document of everything that is kept of a person. */
export interface Export {
  readonly exportedAt: string;
  readonly linksExpireAt: string;
  /** Whether nothing was left out. */
  readonly complete: boolean;
  /** Names of lists that had more than fit. */
  readonly truncated: string[];
  readonly [section: string]: unknown;
}

/**
 * Everything that is kept of the caller: profile, sign-ins, devices, badges, invitations, notes of the audit log, and the things they may
 * take with them, with links to the files. A recipient's are all of the group's; a giver's are those they made.
 *
 * Answered within a minute: at most 1,000 of each list, the newest; `truncated` names the lists that had more. A link that couldn't be
 * signed in time is null, and `complete` is then false.
 */
export async function exportCaller(caller: Caller, deps: GroupsDeps): Promise<Export> {
  const now = deps.clock();
  const { person, group, owner, records } = await deps.db.transaction(
    async (sql) => {
      const found = await personOf(sql, caller.userId);
      const membership = await spaceOfCaller(sql, found.id);
      const ownerOf: Owner =
        membership?.role === "care_recipient" ? { spaceId: membership.spaceId } : { createdBy: found.id };
      return {
        person: found,
        group: membership ? await groupView(sql, membership.spaceId) : null,
        owner: ownerOf,
        records: await recordsOf(sql, found.id, ownerOf),
      };
    },
    { isolation: "repeatable read" },
  );
  const documents = await documentsOf(await deps.firestore(), owner);
  const linksExpireAt = plusSeconds(now, LINK_MINUTES * 60);
  const [resources, uploads] = await Promise.all([deps.resources(), deps.uploads()]);
  const links = new Links(linksExpireAt);
  const lists = {
    ...records.lists,
    resources: await links.into(records.resources, resources),
    uploads: await links.into(documents.uploads, uploads),
    jobs: documents.jobs,
  };
  await audit(deps.db, { action: "exported", ...caller }, now);
  const truncated = Object.entries(lists).filter(([, items]) => items.length > EXPORT_LIMIT);
  return {
    exportedAt: now.toISOString(),
    linksExpireAt: linksExpireAt.toISOString(),
    complete: links.complete && truncated.length === 0,
    truncated: truncated.map(([name]) => name),
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
  readonly files: readonly FileObject[];
}

/** Signs links, many at once, for as long as there is time. */
class Links {
  complete = true;
  readonly #expiresAt: Date;
  readonly #until = performance.now() + SIGNING_SECONDS * 1000;

  constructor(expiresAt: Date) {
    this.#expiresAt = expiresAt;
  }

  /** The things as they are, but with a link in place of each object's name. */
  async into(things: readonly WithFiles[], store: UrlSigner): Promise<unknown[]> {
    const files = things.flatMap((thing) => thing.files);
    const signed = new Map(
      await pMap(files, async (file) => [file.object, await this.#link(file, store)] as const, {
        concurrency: SIGNING_AT_ONCE,
      }),
    );
    return things.map((thing) => ({
      ...thing,
      files: thing.files.map(({ object, generation: _, ...file }) => ({
        ...file,
        url: signed.get(object) ?? null,
      })),
    }));
  }

  async #link({ object, generation }: FileObject, store: UrlSigner): Promise<string | null> {
    if (performance.now() <= this.#until) return store.signRead(object, generation, this.#expiresAt);
    this.complete = false;
    return null;
  }
}
