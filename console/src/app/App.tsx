import { t } from "../i18n/text.ts";
import { route } from "../nav/router.ts";
import type { Match } from "../nav/routes.ts";
import { EnrolPage } from "../pages/EnrolPage.tsx";
import { HomePage } from "../pages/HomePage.tsx";
import { NotFoundPage } from "../pages/NotFoundPage.tsx";
import { SignedInPage } from "../pages/SignedInPage.tsx";
import { WelcomePage } from "../pages/WelcomePage.tsx";
import { loadMe, me, meError } from "../session/me.ts";
import { sessionState } from "../session/session.ts";
import { Waiting } from "../ui/Problem.tsx";
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
  if (me.value === undefined) return <Loading />;
  if (me.value.role === null) return <EnrolPage />;
  return <Signed match={match} />;
}

/** What a person who is signed in sees; each page is loaded when it is first shown. */
function Signed({ match }: { readonly match: Match }) {
  switch (match.name) {
    case "home":
      return me.value?.role === "care_recipient" ? (
        <LazyPage key="recipient" load={loadRecipientHome} props={{}} />
      ) : (
        <HomePage />
      );
    case "family":
      return <LazyPage key="family" load={loadFamily} props={{}} />;
    case "send":
      return <LazyPage key="send" load={loadSend} props={{}} />;
    case "line":
      return <LazyPage key="line" load={loadLine} props={{}} />;
    case "library":
      return <LazyPage key="library" load={loadLibrary} props={{}} />;
    case "visited":
      return <LazyPage key="visited" load={loadVisited} props={{}} />;
    case "days":
      return <LazyPage key="days" load={loadDays} props={{}} />;
    case "progress":
      return <LazyPage key="progress" load={loadProgress} props={{}} />;
    case "account":
      return <LazyPage key="account" load={loadAccount} props={{}} />;
    case "look":
      return <LazyPage key={match.params.resourceId} load={loadLook} props={match.params} />;
    case "videos":
      return <LazyPage key="videos" load={loadVideos} props={{}} />;
    case "newVideo":
      return <LazyPage key="newVideo" load={loadNewVideo} props={{}} />;
    case "video":
      return <LazyPage key={match.params.videoId} load={loadVideo} props={match.params} />;
    case "editVideo":
      return <LazyPage key={match.params.videoId} load={loadEditVideo} props={match.params} />;
    default:
      return <NotFoundPage />;
  }
}

/** While the profile is loaded. */
function Loading() {
  return (
    <main id="main" class="page">
      <Waiting error={meError.value} retry={() => void loadMe()} />
    </main>
  );
}

const loadAccount = async () => (await import("../pages/AccountPage.tsx")).AccountPage;
const loadFamily = async () => (await import("../pages/FamilyPage.tsx")).FamilyPage;
const loadSend = async () => (await import("../pages/SendPage.tsx")).SendPage;
const loadLine = async () => (await import("../pages/LinePage.tsx")).LinePage;
const loadLibrary = async () => (await import("../pages/LibraryPage.tsx")).LibraryPage;
const loadRecipientHome = async () => (await import("../pages/RecipientHome.tsx")).RecipientHome;
const loadVisited = async () => (await import("../pages/VisitedPage.tsx")).VisitedPage;
const loadDays = async () => (await import("../pages/DaysPage.tsx")).DaysPage;
const loadProgress = async () => (await import("../pages/ProgressPage.tsx")).ProgressPage;
const loadLook = async () => (await import("../look/LookPage.tsx")).LookPage;
const loadVideos = async () => (await import("../look/VideosPage.tsx")).VideosPage;
const loadNewVideo = async () => (await import("../look/NewVideoPage.tsx")).NewVideoPage;
const loadVideo = async () => (await import("../look/VideoPage.tsx")).VideoPage;
const loadEditVideo = async () => (await import("../look/EditVideoPage.tsx")).EditVideoPage;
