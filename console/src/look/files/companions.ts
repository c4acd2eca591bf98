/** Finds the file that a model refers to. The result is a flat set of files, and their signed URLs have other paths than their names. */

/** What a model refers to by, and what the set calls it. */
interface Named {
  readonly name: string;
}

/**
 * The file of the set that a reference means: the part behind the last slash counts, as it is or percent-decoded (glTF), else without
 * regard to case (a model that was made on Windows).
 */
export function companionFor<File extends Named>(
  reference: string,
  files: readonly File[],
): File | undefined {
  const last = reference.slice(Math.max(reference.lastIndexOf("/"), reference.lastIndexOf("\\")) + 1);
  const wanted = [last, decoded(last)].map((name) => name.normalize("NFC"));
  return (
    files.find(({ name }) => wanted.includes(name.normalize("NFC"))) ??
    files.find(({ name }) => wanted.some((other) => folded(other) === folded(name)))
  );
}

/**
 * What `LoadingManager.setURLModifier` is given: references by name become the addresses of the set's files.
 * @param addresses of files that are there already, by their names
 */
export function urlModifier(addresses: ReadonlyMap<string, string>): (url: string) => string {
  const files = [...addresses].map(([name, address]) => ({ name, address }));
  return (url) => (/^(blob|data):/.test(url) ? url : (companionFor(url, files)?.address ?? url));
}

function folded(name: string): string {
  return name.normalize("NFC").toLowerCase();
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
