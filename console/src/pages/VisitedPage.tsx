import "./recipient.css";
import { attempts } from "../api/attempts.ts";
import { api } from "../api/client.ts";
import { answered, ProblemError } from "../api/problem.ts";
import type { components } from "../api/schema.d.ts";
import { t } from "../i18n/text.ts";
import { href } from "../nav/routes.ts";
import { Badge } from "../ui/Badge.tsx";
import { Page } from "../ui/Page.tsx";
import { Waiting } from "../ui/Problem.tsx";
import { useRemote } from "../ui/useRemote.ts";

type Earned = components["schemas"]["Badge"]["type"] | "again";

const badges = attempts();

/** Today's badge; one that was earned before is as good. */
async function earn(): Promise<Earned> {
  try {
    return await badges.send("badge", async (key) => {
      const params = { header: { "idempotency-key": key } };
      return answered(await api.POST("/v1/badges", { params, body: {} })).type;
    });
  } catch (error) {
    if (error instanceof ProblemError && error.code === "already_earned") return "again";
    throw error;
  }
}

/** The end of a visit. */
export function VisitedPage() {
  const { visit } = t();
  const earned = useRemote(earn, []);
  return (
    <Page title={earned.value === undefined ? visit.title : visit.doneTitle} narrow>
      {earned.value === undefined ? (
        <Waiting error={earned.error} retry={earned.reload} />
      ) : (
        <section class="visit" role="status">
          <Badge />
          <p class="visit-line">{visit.badges[earned.value]}</p>
        </section>
      )}
      <div class="visit">
        <a class="button button-main visit-button" href={href("days")}>
          {visit.days}
        </a>
        <a class="button visit-button" href={href("home")}>
          {visit.visitAnother}
        </a>
      </div>
    </Page>
  );
}
