import { LANGUAGES, type Language, language } from "../config/preferences.ts";
import { t } from "../i18n/text.ts";
import { href } from "../nav/routes.ts";
import { sessionState, signOut } from "../session/session.ts";

const names: Readonly<Record<Language, string>> = { en: "English", ko: "한국어" };

export function Header() {
  return (
    <header class="header">
      <a class="brand" href={href("home")}>
        <img src="/icon.svg" alt="" width="32" height="32" />
        Reverie
      </a>
      <div class="row">
        {sessionState.value === "in" && (
          <button type="button" class="button button-quiet" onClick={() => void signOut()}>
            {t().nav.signOut}
          </button>
        )}
        <LanguageButton />
      </div>
    </header>
  );
}

/** Shows the console in the other language. */
function LanguageButton() {
  const other = LANGUAGES.find((candidate) => candidate !== language.value) ?? "en";
  return (
    <button
      type="button"
      class="button button-quiet"
      lang={other}
      aria-label={`${t().nav.language}: ${names[other]}`}
      onClick={() => {
        language.value = other;
      }}
    >
      {names[other]}
    </button>
  );
}
