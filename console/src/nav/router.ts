/** Where the console is, and how it goes elsewhere. */
import { computed, signal } from "@preact/signals";
import { matchRoute } from "./routes.ts";

const path = signal(location.pathname);

/** The page that is shown; undefined for an address that leads nowhere. */
export const route = computed(() => matchRoute(path.value));

/** Goes to an address of the console. */
export function navigate(to: string, { replace = false } = {}): void {
  if (replace) history.replaceState(null, "", to);
  else history.pushState(null, "", to);
  path.value = location.pathname;
  window.scrollTo(0, 0);
}

/** Follows the browser's back and forward, and takes over clicks on links within the console. */
export function startRouter(): void {
  addEventListener("popstate", () => {
    path.value = location.pathname;
  });
  document.addEventListener("click", (event) => {
    const target = linkOf(event);
    if (target === undefined) return;
    event.preventDefault();
    navigate(target);
  });
}

/** The address that a plain click leads to, when it is one of the console. */
function linkOf(event: MouseEvent): string | undefined {
  if (event.defaultPrevented || event.button !== 0) return undefined;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return undefined;
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  if (link === null || link.target !== "" || link.hasAttribute("download")) return undefined;
  if (link.origin !== location.origin || matchRoute(link.pathname) === undefined) return undefined;
  if (link.pathname === location.pathname && link.hash !== "") return undefined;
  return link.pathname + link.search + link.hash;
}
