import "../styles/tokens.css";
import "../styles/base.css";
import "../ui/ui.css";
import "./app.css";
import { effect } from "@preact/signals";
import { render } from "preact";
import { useTokens } from "../api/client.ts";
import { applyPreferences, language } from "../config/preferences.ts";
import { showLanguage } from "../i18n/text.ts";
import { startRouter } from "../nav/router.ts";
import { followOutbox } from "../send/sending.ts";
import { followMe } from "../session/me.ts";
import { accessToken, openSession, tokenRefused } from "../session/session.ts";
import { followSpaces } from "../spaces/spaces.ts";
import { App } from "./App.tsx";

applyPreferences();
useTokens({ token: accessToken, refused: tokenRefused });
await Promise.all([showLanguage(language.peek()), openSession()]);
startRouter();
followMe();
followSpaces();
followOutbox();
effect(() => {
  void showLanguage(language.value);
});
const root = document.getElementById("app");
if (root !== null) render(<App />, root);
