/** The zips that functions are deployed from, each under the name of its hash. */
import { createHash } from "node:crypto";
import { globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { zipSync } from "fflate";

/** The bytes of a zip of a folder's files. The same files give the same bytes. */
export function zipOf(dir: string): Uint8Array {
  const paths = globSync("**", { cwd: dir, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(dir.length + 1)
        .replaceAll("\\", "/"),
    );
  const files = paths.sort().map((path): [string, Uint8Array] => [path, readFileSync(join(dir, path))]);
  // The earliest time that a zip can hold. A zip has the local time, so this is the same in every zone.
  return zipSync(Object.fromEntries(files), { level: 9, mtime: new Date(1980, 0, 1) });
}

/**
 * Zips each function's folder into `<dist>/bundles` and writes the names as Terraform's variable `bundles`. A name carries the SHA-256 of the
 * zip, so a function is deployed again exactly when its bytes differ.
 */
export function writeZips(dist: string, names: readonly string[]): void {
  mkdirSync(join(dist, "bundles"));
  const bundles = Object.fromEntries(
    names.map((name) => {
      const zip = zipOf(join(dist, name));
      const file = `${name}-${createHash("sha256").update(zip).digest("hex")}.zip`;
      writeFileSync(join(dist, "bundles", file), zip);
      return [name, file];
    }),
  );
  writeFileSync(join(dist, "bundles.tfvars.json"), `${JSON.stringify({ bundles }, null, 2)}\n`);
}
