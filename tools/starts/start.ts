/** What a function loads when it starts, by what its bundle is made of. */
import type { FunctionName } from "#shared/manifest.ts";
import { parts } from "#tools/build/functions.ts";

export interface Start {
  /** Of the code that a start loads, before it is made smaller. */
  readonly bytes: number;
  /** Files of the bundle that a start loads. */
  readonly files: number;
  /** Bytes by package, and by folder of ours. */
  readonly rooms: Readonly<Record<string, number>>;
}

interface Loaded {
  readonly start: Start;
  /** Bytes by source. */
  readonly sources: ReadonlyMap<string, number>;
  /** Packages that a start or the first call of a route loads, without what these load when they first use it. */
  readonly onTheWay: ReadonlySet<string>;
}

/** Builds a function in memory. */
export async function loadedAtStart(name: FunctionName): Promise<Loaded> {
  const { metafile } = await parts(name);
  const outputs = new Map(Object.entries(metafile.outputs));
  const entry = (isEntry: (source: string) => boolean) =>
    [...outputs].filter(([, { entryPoint = "" }]) => isEntry(entryPoint)).map(([path]) => path);
  const reached = (from: readonly string[]) => {
    const found = new Set(from);
    for (const path of found)
      for (const { path: next, kind } of outputs.get(path)?.imports ?? [])
        if (kind === "import-statement" && outputs.has(next)) found.add(next);
    return [...found];
  };
  const sourcesOf = (paths: readonly string[]) => {
    const sources = new Map<string, number>();
    for (const path of paths)
      for (const [source, { bytesInOutput }] of Object.entries(outputs.get(path)?.inputs ?? {}))
        if (bytesInOutput > 0) sources.set(source, (sources.get(source) ?? 0) + bytesInOutput);
    return sources;
  };
  const index = entry((source) => source === `functions/${name}/index.ts`);
  const routes = entry((source) => source.startsWith(`functions/${name}/`));
  const atStart = reached(index);
  const sources = sourcesOf(atStart);
  return {
    start: {
      bytes: sum([...sources.values()]),
      files: atStart.length,
      rooms: byRoom(sources),
    },
    sources,
    onTheWay: new Set([...sourcesOf(reached([...index, ...routes])).keys()].map(roomOf)),
  };
}

function byRoom(sources: ReadonlyMap<string, number>): Record<string, number> {
  const rooms: Record<string, number> = {};
  for (const [source, bytes] of sources) rooms[roomOf(source)] = (rooms[roomOf(source)] ?? 0) + bytes;
  return Object.fromEntries(Object.entries(rooms).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The package that a source is of, or its folder. */
export function roomOf(source: string): string {
  const [, inPackages] = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(source) ?? [];
  return inPackages ?? source.replace(/\/[^/]*$/, "");
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}
