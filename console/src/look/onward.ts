import { t } from "../i18n/text.ts";
import { href } from "../nav/routes.ts";
import { me } from "../session/me.ts";

/** Where one goes on from an address that shows nothing: the list of what there is, or a recipient's next memory. */
export function onwardTo(list: "library" | "videos"): { readonly href: string; readonly label: string } {
  const { nav, visit } = t();
  return me.value?.role === "care_recipient"
    ? { href: href("home"), label: visit.visitAnother }
    : { href: href(list), label: nav[list] };
}
