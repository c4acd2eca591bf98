import { useEffect, useState } from "preact/hooks";
import { OfflineError } from "../api/problem.ts";
import { t } from "../i18n/text.ts";
import { navigate } from "../nav/router.ts";
import { href } from "../nav/routes.ts";
import { beginSignIn, finishSignIn, type SignInRefusal } from "../session/signIn.ts";
import { Notice } from "../ui/Notice.tsx";
import { Page } from "../ui/Page.tsx";

type Ended = SignInRefusal | "offline";

/** Where Google's page comes back to. The code in the address works once, so it leaves the address at once. */
export function SignedInPage() {
  const [ended, setEnded] = useState<Ended>();
  useEffect(() => {
    const { search } = location;
    history.replaceState(null, "", location.pathname);
    finishSignIn(search).then(
      (result) =>
        "refused" in result ? setEnded(result.refused) : navigate(result.returnTo, { replace: true }),
      (error: unknown) => setEnded(error instanceof OfflineError ? "offline" : "lost"),
    );
  }, []);
  const { signedIn, welcome } = t();
  if (ended === undefined)
    return (
      <Page title={signedIn.title} narrow>
        <p class="waiting">{signedIn.waiting}</p>
      </Page>
    );
  return (
    <Page title={signedIn.failedTitle} narrow>
      <Notice tone={ended === "cancelled" ? "info" : "bad"}>
        <p>{signedIn.refused[ended]}</p>
      </Notice>
      <p>
        <button type="button" class="button button-main" onClick={() => void beginSignIn(href("home"))}>
          {welcome.signIn}
        </button>
      </p>
    </Page>
  );
}
