import "./welcome.css";
import { useState } from "preact/hooks";
import { t } from "../i18n/text.ts";
import { beginSignIn } from "../session/signIn.ts";
import { Icon, type IconName } from "../ui/Icon.tsx";
import { Notice } from "../ui/Notice.tsx";
import { Page } from "../ui/Page.tsx";
import { Scenery } from "../ui/Scenery.tsx";
import { erased } from "./erased.ts";

const icons: readonly IconName[] = ["camera", "line", "door"];

/** What someone sees who isn't signed in; signing in comes back to the address that was asked for. */
export function WelcomePage() {
  const [leaving, setLeaving] = useState(false);
  const { welcome, account } = t();
  const signIn = () => {
    setLeaving(true);
    void beginSignIn(location.pathname + location.search);
  };
  return (
    <Page title={welcome.title} about={welcome.about}>
      {erased.value !== undefined && (
        <Notice tone="good">
          <h2>{account.erasedTitle}</h2>
          <ErasedList took={erased.value.took} />
          {!erased.value.complete && <p>{account.erasedRest}</p>}
        </Notice>
      )}
      <div class="welcome-scene">
        <Scenery />
      </div>
      <div class="welcome-sign-in">
        <button type="button" class="button button-main button-large" disabled={leaving} onClick={signIn}>
          {welcome.signIn}
          <Icon name="arrow" />
        </button>
        <p class="dim small">{welcome.privacy}</p>
      </div>
      <ol class="welcome-steps">
        {welcome.steps.map((step, index) => (
          <li key={step.title} class="card">
            <Icon name={icons[index] ?? "info"} />
            <h2>{step.title}</h2>
            <p class="dim">{step.text}</p>
          </li>
        ))}
      </ol>
    </Page>
  );
}

/** Of what an erasure took, what has a word for people. */
function ErasedList({ took }: { readonly took: Readonly<Record<string, number>> }) {
  const { counted } = t().account;
  const words: Readonly<Record<string, (count: number) => string>> = counted;
  const items = Object.entries(took).flatMap(([name, count]) => {
    const word = words[name];
    return word === undefined || count === 0 ? [] : [word(count)];
  });
  return (
    <ul>
      {items.map((item) => (
        <li key={item}>{item}</li>
      ))}
    </ul>
  );
}
