import { useState } from "preact/hooks";
import { shownLanguage, t } from "../i18n/text.ts";
import { changeMe, me } from "../session/me.ts";
import { Choices } from "../ui/Choices.tsx";
import { Field } from "../ui/Field.tsx";
import { Page } from "../ui/Page.tsx";
import { Problem } from "../ui/Problem.tsx";
import { useAction } from "../ui/useAction.ts";

/** The first thing after the first sign-in: who one is. The role is set once. */
export function EnrolPage() {
  const { enrol } = t();
  const [role, setRole] = useState<"care_giver" | "care_recipient">();
  const [name, setName] = useState(me.value?.name ?? "");
  const save = useAction();
  const submit = (event: Event) => {
    event.preventDefault();
    const trimmed = name.trim();
    save.run(() =>
      changeMe({
        ...(role === undefined ? {} : { role }),
        ...(trimmed === "" ? {} : { name: trimmed }),
        language: shownLanguage(),
        timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      }),
    );
  };
  return (
    <Page title={enrol.title} about={enrol.about} narrow>
      <form class="stack" onSubmit={submit}>
        <Choices
          legend={enrol.who}
          options={[
            { value: "care_giver", label: enrol.giver, about: enrol.giverAbout },
            { value: "care_recipient", label: enrol.recipient, about: enrol.recipientAbout },
          ]}
          value={role}
          onChoose={setRole}
        />
        <Field
          label={enrol.name}
          hint={enrol.nameHint}
          value={name}
          onChange={setName}
          autoComplete="name"
          maxLength={100}
        />
        <Problem error={save.error} />
        <div>
          <button
            type="submit"
            class="button button-main button-large"
            disabled={save.busy || role === undefined}
          >
            {enrol.save}
          </button>
        </div>
      </form>
    </Page>
  );
}
