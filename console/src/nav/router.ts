/** Where the console is, and how it goes elsewhere. */
import { batch, computed, signal } from "@preact/signals";
import { matchRoute } from "./routes.ts";

const path = signal(location.pathname);
const query = signal(location.search);

/** The page that is shown; undefined for an address that leads nowhere. */
export const route = computed(() => matchRoute(path.value));

/** A parameter of the address; undefined when it is not there. */
export function parameter(name: string): string | undefined {
  return new URLSearchParams(query.value).get(name) ?? undefined;
}

/** Puts a parameter into the address, or takes it out of it. The page stays as it is, and so does the way back. */
export function setParameter(name: string, value: string | undefined): void {
  const parameters = new URLSearchParams(location.search);
  if (value === undefined) parameters.delete(name);
  else parameters.set(name, value);
  const text = parameters.toString();
  history.replaceState(null, "", `${location.pathname}${text === "" ? "" : `?${text}`}${location.hash}`);
  query.value = location.search;
}

/** Goes to an address of the console. */
export function navigate(to: string, { replace = false } = {}): void {
  if (replace) history.replaceState(null, "", to);
  else history.pushState(null, "", to);
  readAddress();
  window.scrollTo(0, 0);
}

function readAddress(): void {
  batch(() => {
    path.value = location.pathname;
    query.value = location.search;
  });
}

/** Follows the browser's back and forward, and takes over clicks on links within the console. */
export function startRouter(): void {
  addEventListener("popstate", readAddress);
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
