import { t } from "../i18n/text.ts";
import { href } from "../nav/routes.ts";
import { me } from "../session/me.ts";

/** Under what a recipient looks at, once it was found: the one way on, to the thanks for the visit. */
export function FinishVisit() {
  if (me.value?.role !== "care_recipient") return null;
  return (
    <div class="finish">
      <a class="button button-main button-large" href={href("visited")}>
        {t().visit.finish}
      </a>
    </div>
  );
}
