import { LANGUAGES, language } from "../config/preferences.ts";
import { languageNames } from "../i18n/languages.ts";
import { t } from "../i18n/text.ts";
import { route } from "../nav/router.ts";
import { href } from "../nav/routes.ts";
import { me } from "../session/me.ts";
import { sessionState } from "../session/session.ts";
import { Icon, type IconName } from "../ui/Icon.tsx";

/** The pages of a giver that lead to others. A recipient sees one thing at a time, so their pages lead on by themselves. */
const pages = ["home", "send", "line", "library", "videos", "family"] as const;
const icons: Readonly<Record<(typeof pages)[number], IconName>> = {
  home: "home",
  send: "send",
  line: "line",
  library: "image",
  videos: "film",
  family: "family",
};

export function Header() {
  const person = me.value;
  return (
    <header class="header">
      <a class="brand" href={href("home")}>
        <img src="/icon.svg" alt="" width="32" height="32" />
        Reverie
      </a>
      {person?.role === "care_giver" && <Navigation />}
      {sessionState.value === "in" ? <AccountLink /> : <LanguageButton />}
    </header>
  );
}

function Navigation() {
  const { nav } = t();
  return (
    <nav class="nav" aria-label={nav.main}>
      <ul>
        {pages.map((name) => (
          <li key={name}>
            <a href={href(name)} aria-current={route.value?.name === name ? "page" : undefined}>
              <Icon name={icons[name]} />
              <span>{nav[name]}</span>
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function AccountLink() {
  return (
    <a
      class="button button-quiet"
      href={href("account")}
      aria-current={route.value?.name === "account" ? "page" : undefined}
    >
      <Icon name="person" />
      {t().nav.account}
    </a>
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
      aria-label={`${t().nav.language}: ${languageNames[other]}`}
      onClick={() => {
        language.value = other;
      }}
    >
      {languageNames[other]}
    </button>
  );
}
