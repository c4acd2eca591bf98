import "./send.css";
import { useEffect, useState } from "preact/hooks";
import { t } from "../i18n/text.ts";
import { navigate } from "../nav/router.ts";
import { href } from "../nav/routes.ts";
import type { Sort } from "../send/files.ts";
import { titleOf } from "../send/files.ts";
import { type Chosen, send, submitted } from "../send/sending.ts";
import { me } from "../session/me.ts";
import { SpaceChoice } from "../spaces/SpaceChoice.tsx";
import { loadSpaces, queryOfSpace, type Space, spacesError, useSpace } from "../spaces/spaces.ts";
import { Choices } from "../ui/Choices.tsx";
import { Field } from "../ui/Field.tsx";
import { Icon } from "../ui/Icon.tsx";
import { Notice } from "../ui/Notice.tsx";
import { Page } from "../ui/Page.tsx";
import { Problem, Waiting } from "../ui/Problem.tsx";
import { useAction } from "../ui/useAction.ts";
import { useRemote } from "../ui/useRemote.ts";
import { FilePicker } from "./FilePicker.tsx";
import { loadGroup } from "./group.ts";
import { OutboxList } from "./OutboxList.tsx";

type KindName = "scene" | "avatar";

/** The roles of each kind's files. */
const roles = {
  scene: [{ role: "video", sort: "video" }],
  avatar: [
    { role: "face", sort: "photo" },
    { role: "body", sort: "photo" },
  ],
} as const satisfies Record<KindName, readonly { role: string; sort: Sort }[]>;

const params = {
  scene: { name: "location", values: ["unbound", "indoor", "outdoor"] },
  avatar: { name: "gender", values: ["neutral", "female", "male"] },
} as const;

/** Sends a film of a place, or two photos of a person. */
export function SendPage() {
  const { send: texts } = t();
  const group = useRemote(loadGroup, []);
  const space = useSpace();
  // A draft that becomes a job while this page is shown leads to the line.
  useEffect(() => {
    submitted.value = undefined;
  }, []);
  const job = submitted.value;
  useEffect(() => {
    if (job !== undefined) navigate(href("line") + queryOfSpace(job.spaceId));
  }, [job]);
  return (
    <Page title={texts.title} about={texts.about} narrow>
      <OutboxList />
      {space === undefined ? (
        <Waiting error={spacesError.value} retry={() => void loadSpaces()} />
      ) : (
        <NewMemory space={space} />
      )}
      {group.value === null && (
        <Notice tone="wait">
          <p>{texts.alone}</p>
          <a class="button" href={href("family")}>
            {t().home.familyTitle}
          </a>
        </Notice>
      )}
    </Page>
  );
}

function NewMemory({ space }: { readonly space: Space }) {
  const { send: texts } = t();
  const [kind, setKind] = useState<KindName>("scene");
  // A new form, with nothing chosen, after each memory that was sent.
  const [count, setCount] = useState(0);
  return (
    <section class="card stack" aria-labelledby="send-new">
      <h2 id="send-new">{texts.newTitle}</h2>
      <SpaceChoice space={space} hint={space.type === "personal" ? t().spaces.mineOnly : undefined} />
      <Choices
        legend={texts.what}
        options={[
          { value: "scene", label: texts.scene, about: texts.sceneAbout },
          { value: "avatar", label: texts.avatar, about: texts.avatarAbout },
        ]}
        value={kind}
        onChoose={setKind}
      />
      <MemoryForm key={`${kind} ${count}`} kind={kind} space={space} onSent={() => setCount(count + 1)} />
    </section>
  );
}

interface MemoryFormProps {
  readonly kind: KindName;
  readonly space: Space;
  readonly onSent: () => void;
}

function MemoryForm({ kind, space, onSent }: MemoryFormProps) {
  const { send: texts } = t();
  const [chosen, setChosen] = useState<Readonly<Record<string, Chosen>>>({});
  const [title, setTitle] = useState("");
  const [param, setParam] = useState<string>(params[kind].values[0]);
  const action = useAction();
  const complete = roles[kind].every(({ role }) => chosen[role] !== undefined) && title.trim() !== "";
  const choose = (role: string, file: Chosen | undefined) => {
    const { [role]: _, ...others } = chosen;
    setChosen(file === undefined ? others : { ...others, [role]: file });
    if (file !== undefined && title === "") setTitle(titleOf(file.file.name));
  };
  const submit = (event: Event) => {
    event.preventDefault();
    const userId = me.value?.id;
    if (userId === undefined || !complete) return;
    action.run(async () => {
      const draft = { kind, title: title.trim(), params: { [params[kind].name]: param } };
      await send({ ...draft, userId, spaceId: space.id }, chosen);
      onSent();
    });
  };
  const names: Readonly<Record<string, string>> = texts.params;
  return (
    <form class="stack" onSubmit={submit}>
      {roles[kind].map(({ role, sort }) => (
        <FilePicker
          key={role}
          role={role}
          sort={sort}
          chosen={chosen[role]}
          onChoose={(file) => choose(role, file)}
        />
      ))}
      <Field
        label={kind === "scene" ? texts.placeTitle : texts.personTitle}
        hint={kind === "scene" ? texts.placeHint : texts.personHint}
        value={title}
        onChange={setTitle}
        maxLength={200}
        required
      />
      <Choices
        tight
        legend={kind === "scene" ? texts.location : texts.gender}
        options={params[kind].values.map((value) => ({ value, label: names[value] ?? value }))}
        value={param}
        onChoose={setParam}
      />
      <Problem error={action.error} />
      <div>
        <button type="submit" class="button button-main button-large" disabled={!complete || action.busy}>
          <Icon name="send" />
          {texts.send}
        </button>
      </div>
    </form>
  );
}
