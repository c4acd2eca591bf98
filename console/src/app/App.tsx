import { t } from "../i18n/text.ts";
import { route } from "../nav/router.ts";
import type { Match } from "../nav/routes.ts";
import { NotFoundPage } from "../pages/NotFoundPage.tsx";
import { SignedInPage } from "../pages/SignedInPage.tsx";
import { WelcomePage } from "../pages/WelcomePage.tsx";
import { sessionState } from "../session/session.ts";
import { Header } from "./Header.tsx";
import { LazyPage } from "./LazyPage.tsx";

/** The whole of the console. */
export function App() {
  return (
    <>
      <a class="skip" href="#main">
        {t().nav.skip}
      </a>
      <Header />
      <Content />
    </>
  );
}

function Content() {
  const match = route.value;
  if (match === undefined) return <NotFoundPage />;
  if (match.name === "signedIn") return <SignedInPage />;
  if (sessionState.value !== "in") return <WelcomePage />;
  return <Signed match={match} />;
}

/** What a person who is signed in sees; each page is loaded when it is first shown. */
function Signed({ match }: { readonly match: Match }) {
  switch (match.name) {
    case "look":
      return <LazyPage key={match.params.resourceId} load={loadLook} props={match.params} />;
    default:
      return <NotFoundPage />;
  }
}

const loadLook = async () => (await import("../look/LookPage.tsx")).LookPage;
