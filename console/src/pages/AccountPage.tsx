import { useState } from "preact/hooks";
import { LANGUAGES, language, TEXT_SIZES, THEMES, textSize, theme } from "../config/preferences.ts";
import { languageNames } from "../i18n/languages.ts";
import { t } from "../i18n/text.ts";
import { changeMe, type Me, me } from "../session/me.ts";
import { signOut } from "../session/session.ts";
import { Choices } from "../ui/Choices.tsx";
import { Field } from "../ui/Field.tsx";
import { Notice } from "../ui/Notice.tsx";
import { Page } from "../ui/Page.tsx";
import { Problem } from "../ui/Problem.tsx";
import { useAction } from "../ui/useAction.ts";
import { Sessions } from "./Sessions.tsx";
import { YourData } from "./YourData.tsx";

/** A person's own settings, devices and data. */
export function AccountPage() {
  const { account } = t();
  const person = me.value;
  if (person === undefined) return null;
  return (
    <Page
      title={account.title}
      about={person.email ?? undefined}
      narrow
      actions={
        <button type="button" class="button" onClick={() => void signOut()}>
          {t().nav.signOut}
        </button>
      }
    >
      <Look />
      <Profile person={person} />
      <Sessions />
      <YourData person={person} />
    </Page>
  );
}

function Look() {
  const { account } = t();
  return (
    <section class="card stack" aria-labelledby="account-look">
      <h2 id="account-look">{account.look}</h2>
      <Choices
        tight
        legend={t().nav.language}
        options={LANGUAGES.map((value) => ({ value, label: languageNames[value] }))}
        value={language.value}
        onChoose={(value) => {
          language.value = value;
        }}
      />
      <Choices
        tight
        legend={account.textSize}
        options={TEXT_SIZES.map((value) => ({ value, label: account.textSizes[value] }))}
        value={textSize.value}
        onChoose={(value) => {
          textSize.value = value;
        }}
      />
      <Choices
        tight
        legend={account.theme}
        options={THEMES.map((value) => ({ value, label: account.themes[value] }))}
        value={theme.value}
        onChoose={(value) => {
          theme.value = value;
        }}
      />
    </section>
  );
}

function Profile({ person }: { readonly person: Me }) {
  const { account, enrol } = t();
  const [name, setName] = useState(person.name ?? "");
  const [timeZone, setTimeZone] = useState(person.timeZone);
  const [quiet, setQuiet] = useState(person.quietHours);
  const [saved, setSaved] = useState(false);
  const save = useAction();
  const submit = (event: Event) => {
    event.preventDefault();
    setSaved(false);
    save.run(async () => {
      const trimmed = name.trim();
      await changeMe({
        ...(trimmed === "" ? {} : { name: trimmed }),
        timeZone,
        language: language.value,
        quietHours: quiet !== null && quiet.from !== quiet.to ? quiet : null,
      });
      setSaved(true);
    });
  };
  return (
    <form class="card stack" onSubmit={submit} aria-labelledby="account-profile">
      <h2 id="account-profile">{account.profile}</h2>
      <Field label={enrol.name} value={name} onChange={setName} autoComplete="name" maxLength={100} />
      <div class="field">
        <label for="time-zone">{account.timeZone}</label>
        <select
          id="time-zone"
          class="input"
          value={timeZone}
          onChange={(event) => setTimeZone(event.currentTarget.value)}
        >
          {timeZones(person.timeZone).map((zone) => (
            <option key={zone} value={zone}>
              {zone.replaceAll("_", " ")}
            </option>
          ))}
        </select>
        <span class="hint">{account.timeZoneHint}</span>
      </div>
      <label class="row">
        <input
          type="checkbox"
          class="check"
          checked={quiet !== null}
          onChange={(event) => setQuiet(event.currentTarget.checked ? { from: "22:00", to: "07:00" } : null)}
        />
        {account.quietHours}
      </label>
      {quiet !== null && (
        <div class="row">
          <Field
            label={account.quietFrom}
            type="time"
            value={quiet.from}
            onChange={(from) => setQuiet({ ...quiet, from })}
            required
          />
          <Field
            label={account.quietTo}
            type="time"
            value={quiet.to}
            onChange={(to) => setQuiet({ ...quiet, to })}
            required
          />
        </div>
      )}
      <Problem error={save.error} />
      {saved && <Notice tone="good">{account.saved}</Notice>}
      <div>
        <button type="submit" class="button button-main" disabled={save.busy}>
          {t().common.save}
        </button>
      </div>
    </form>
  );
}

/** The zones that the browser knows, and the person's own. */
function timeZones(own: string): readonly string[] {
  const known = Intl.supportedValuesOf("timeZone");
  return known.includes(own) ? known : [own, ...known];
}
