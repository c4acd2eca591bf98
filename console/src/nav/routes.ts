/** The pages of the console by their addresses. The one origin serves the same file for all of them. */

export const routes = {
  home: "/",
  signedIn: "/signed-in",
  family: "/family",
  account: "/account",
  send: "/send",
  line: "/line",
  library: "/library",
  look: "/look/:resourceId",
  videos: "/videos",
  newVideo: "/videos/new",
  video: "/videos/:videoId",
  editVideo: "/videos/:videoId/edit",
  visited: "/visited",
  days: "/days",
  progress: "/progress",
} as const;

export type RouteName = keyof typeof routes;

type Names<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | Names<Rest>
  : Path extends `${string}:${infer Name}`
    ? Name
    : never;
export type RouteParams<Name extends RouteName> = { readonly [K in Names<(typeof routes)[Name]>]: string };

/** A page that an address leads to, with what its address says. */
export type Match = {
  readonly [Name in RouteName]: { readonly name: Name; readonly params: RouteParams<Name> };
}[RouteName];

/** The address of a page. */
export function href<Name extends RouteName>(
  name: Name,
  ...[params]: keyof RouteParams<Name> extends never ? [] : [RouteParams<Name>]
): string {
  const values: Readonly<Record<string, string>> = params ?? {};
  return routes[name].replaceAll(/:(\w+)/g, (_, key: string) => encodeURIComponent(values[key] ?? ""));
}

/** The page at an address; undefined when there is none. The first route that fits counts. */
export function matchRoute(path: string): Match | undefined {
  const segments = path.replace(/(?<=.)\/$/, "").split("/");
  for (const [name, pattern] of Object.entries(routes)) {
    const params = paramsOf(pattern.split("/"), segments);
    // The names of a route's parameters are those in its pattern.
    if (params !== undefined) return { name, params } as Match;
  }
  return undefined;
}

function paramsOf(
  pattern: readonly string[],
  segments: readonly string[],
): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? "";
    if (!part.startsWith(":")) {
      if (part !== segment) return undefined;
      continue;
    }
    const value = decoded(segment);
    if (value === undefined || value === "") return undefined;
    params[part.slice(1)] = value;
  }
  return params;
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
