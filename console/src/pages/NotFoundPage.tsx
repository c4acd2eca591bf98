import { t } from "../i18n/text.ts";
import { href } from "../nav/routes.ts";
import { Page } from "../ui/Page.tsx";

export function NotFoundPage() {
  return (
    <Page title={t().notFound.title} about={t().notFound.about} narrow>
      <p>
        <a class="button" href={href("home")}>
          {t().notFound.home}
        </a>
      </p>
    </Page>
  );
}
