import { api } from "../api/client.ts";
import { answered } from "../api/problem.ts";
import { dateTime } from "../i18n/format.ts";
import { t } from "../i18n/text.ts";
import { forgetSession } from "../session/session.ts";
import { Problem, Waiting } from "../ui/Problem.tsx";
import { useAction } from "../ui/useAction.ts";
import { useRemote } from "../ui/useRemote.ts";

/** Where one is signed in, each to be signed out from here. */
export function Sessions() {
  const { account } = t();
  const sessions = useRemote(
    async (signal) =>
      answered(await api.GET("/v1/auth/sessions", { signal, params: { query: { limit: 50 } } })).items,
    [],
  );
  const action = useAction();
  const end = (id: string) =>
    action.run(async () => {
      answered(await api.DELETE("/v1/auth/sessions/{id}", { params: { path: { id } } }));
      sessions.reload();
    });
  const endAll = () =>
    action.run(async () => {
      answered(await api.DELETE("/v1/auth/sessions"));
      await forgetSession();
    });
  return (
    <section class="card stack" aria-labelledby="account-sessions">
      <h2 id="account-sessions">{account.sessions}</h2>
      {sessions.value === undefined ? (
        <Waiting error={sessions.error} retry={sessions.reload} />
      ) : (
        <ul class="list">
          {sessions.value.map((session) => (
            <li key={session.id} class="row row-between">
              <span>
                <strong>{session.device.name ?? account.unknownDevice}</strong>
                {session.current && <span class="tag tag-good">{account.thisDevice}</span>}
                <br />
                <span class="dim small">{account.lastUsed(dateTime(session.lastUsedAt))}</span>
              </span>
              {!session.current && (
                <button
                  type="button"
                  class="button button-quiet"
                  disabled={action.busy}
                  aria-label={`${t().nav.signOut}: ${session.device.name ?? account.unknownDevice}`}
                  onClick={() => end(session.id)}
                >
                  {t().nav.signOut}
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
      <Problem error={action.error} />
      <div>
        <button type="button" class="button" disabled={action.busy} onClick={endAll}>
          {account.signOutEverywhere}
        </button>
      </div>
    </section>
  );
}
