import { api } from "../api/client.ts";
import { answered } from "../api/problem.ts";
import { dateTime, percent, span } from "../i18n/format.ts";
import { t } from "../i18n/text.ts";
import type { Job } from "../live/jobs.ts";
import { href } from "../nav/routes.ts";
import { Icon } from "../ui/Icon.tsx";
import { Notice } from "../ui/Notice.tsx";
import { Problem } from "../ui/Problem.tsx";
import { ProgressBar } from "../ui/ProgressBar.tsx";
import { useAction } from "../ui/useAction.ts";

const tones: Readonly<Record<Job["state"], string>> = {
  awaiting_upload: "tag-wait",
  queued: "tag-wait",
  running: "tag-accent",
  succeeded: "tag-good",
  failed: "tag-bad",
  cancelled: "",
};

/** One job: where it stands, and what can be done about it. */
export function JobCard({ job, onChange }: { readonly job: Job; readonly onChange: () => void }) {
  const { line } = t();
  const action = useAction();
  const change = (verb: "cancel" | "retry") =>
    action.run(async () => {
      answered(await api.POST(`/v1/jobs/{id}/${verb}`, { params: { path: { id: job.id } } }));
      onChange();
    });
  const { state } = job;
  const isOpen = state === "awaiting_upload" || state === "queued" || state === "running";
  return (
    <article class="card stack-tight" aria-label={job.title} data-job={job.id}>
      <div class="row row-between">
        <h3>{job.title}</h3>
        <span class={`tag ${tones[state]}`}>{line.states[state]}</span>
      </div>
      {state === "running" && (
        <ProgressBar label={line.progressOf(job.title)} fraction={job.progress?.fraction ?? 0} />
      )}
      <p class="dim small" role={isOpen ? "status" : undefined}>
        {whereItStands(job)}
      </p>
      {job.error !== null && (
        <Notice tone="bad">
          <p>{job.error.message}</p>
        </Notice>
      )}
      <Problem error={action.error} />
      <div class="row">
        {state === "succeeded" && (
          <a class="button button-main" href={href("look", { resourceId: job.resourceId })}>
            <Icon name="door" />
            {line.look}
          </a>
        )}
        {(state === "failed" || state === "cancelled") && (
          <button
            type="button"
            class="button button-main"
            disabled={action.busy}
            onClick={() => change("retry")}
          >
            {line.retry}
          </button>
        )}
        {isOpen && (
          <button
            type="button"
            class="button button-quiet"
            disabled={action.busy}
            onClick={() => change("cancel")}
          >
            {line.cancel}
          </button>
        )}
      </div>
    </article>
  );
}

/** One sentence about a job, with what is known of times. */
function whereItStands(job: Job): string {
  const { line } = t();
  const until = (iso: string | null) =>
    iso === null ? undefined : span(Math.max(5, (new Date(iso).getTime() - Date.now()) / 1000));
  switch (job.state) {
    case "awaiting_upload":
      return line.awaiting;
    case "queued": {
      const start = until(job.estimatedStartAt);
      const done = until(job.estimatedDoneAt);
      return [
        job.position === null ? line.waiting : line.position(job.position),
        start !== undefined && line.startsIn(start),
        done !== undefined && line.doneIn(done),
      ]
        .filter(Boolean)
        .join(" · ");
    }
    case "running": {
      const done = until(job.estimatedDoneAt);
      const stages: Readonly<Record<string, string>> = line.stages;
      const stage = job.progress?.stage ?? undefined;
      return [
        percent(job.progress?.fraction ?? 0),
        stage !== undefined && (stages[stage] ?? stage),
        done !== undefined && line.doneIn(done),
      ]
        .filter(Boolean)
        .join(" · ");
    }
    default:
      return dateTime(job.finishedAt ?? job.updatedAt);
  }
}
