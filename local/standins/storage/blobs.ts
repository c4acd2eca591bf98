/**
 * Object bytes on disk. Files have names of our own making, so an object's name never becomes a path. A file is written under
 * `incoming/` or `partials/` and moved to `blobs/` when complete: at any moment `blobs/` holds whole objects only.
 */
import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { type FileHandle, link, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";

export class Blobs {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
    for (const part of ["blobs", "incoming", "partials"]) mkdirSync(join(root, part), { recursive: true });
  }

  /** Removes what a killed process left: half-received files, and files that no metadata names. */
  removeOrphans(blobs: ReadonlySet<string>, partials: ReadonlySet<string>): void {
    const known = { blobs, partials, incoming: new Set<string>() };
    for (const [part, names] of Object.entries(known)) {
      for (const name of readdirSync(join(this.#root, part))) {
        if (!names.has(name)) rmSync(join(this.#root, part, name), { force: true, recursive: true });
      }
    }
  }

  /** An empty file for an upload in one go. */
  async create(): Promise<{ id: string; file: FileHandle }> {
    const id = newId();
    return { id, file: await open(this.#path("incoming", id), "wx") };
  }

  /** Makes a completely received file a blob under the same id. */
  async keep(id: string): Promise<void> {
    await rename(this.#path("incoming", id), this.#path("blobs", id));
  }

  /** Forgets a file that was being received. */
  async discard(id: string): Promise<void> {
    await rm(this.#path("incoming", id), { force: true });
  }

  /** @throws ENOENT when it has been removed */
  async open(blob: string): Promise<FileHandle> {
    return open(this.#path("blobs", blob), "r");
  }

  /** A reader that has the file open goes on reading it. */
  async remove(blob: string): Promise<void> {
    await rm(this.#path("blobs", blob), { force: true });
  }

  /** What a resumable session has received, for reading and writing; made when missing. */
  async openPartial(session: string): Promise<FileHandle> {
    const path = this.#path("partials", session);
    return open(path, "r+").catch((error: unknown) => {
      if (isMissing(error)) return open(path, "wx+");
      throw error;
    });
  }

  /** Makes what a session received a blob as well; `removePartial` ends the session's own hold on it. */
  async keepPartial(session: string): Promise<string> {
    const id = newId();
    await link(this.#path("partials", session), this.#path("blobs", id));
    return id;
  }

  async removePartial(session: string): Promise<void> {
    await rm(this.#path("partials", session), { force: true });
  }

  #path(part: "blobs" | "incoming" | "partials", id: string): string {
    return join(this.#root, part, id);
  }
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

/** 32 characters that are safe in a file name and in a URL, and can't be guessed. */
export function newId(): string {
  return randomBytes(24).toString("base64url");
}
