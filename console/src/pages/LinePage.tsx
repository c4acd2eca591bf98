import { useEffect } from "preact/hooks";
import { t } from "../i18n/text.ts";
import { isOpen, type Job, loadJobs, watchJobs } from "../line/jobs.ts";
import { href } from "../nav/routes.ts";
import { sendings } from "../send/sending.ts";
import { Icon } from "../ui/Icon.tsx";
import { Page } from "../ui/Page.tsx";
import { Waiting } from "../ui/Problem.tsx";
import { useRemote } from "../ui/useRemote.ts";
import { JobCard } from "./JobCard.tsx";
import { OutboxList } from "./OutboxList.tsx";
import { loadSpace } from "./space.ts";

/** What is being built, live, and what ended lately. */
export function LinePage() {
  const { line } = t();
  const space = useRemote(loadSpace, []).value;
  const jobs = useRemote(loadJobs, []);
  const { set } = jobs;
  useEffect(() => {
    if (space === undefined) return undefined;
    return watchJobs(space, async () => {
      const latest = await loadJobs().catch(() => undefined);
      if (latest !== undefined) set(latest);
      return latest;
    });
  }, [space, set]);
  return (
    <Page title={line.title} about={line.about} narrow>
      <OutboxList />
      {jobs.value === undefined ? (
        <Waiting error={jobs.error} retry={jobs.reload} />
      ) : (
        <Jobs jobs={jobs.value} onChange={jobs.reload} />
      )}
    </Page>
  );
}

function Jobs({ jobs, onChange }: { readonly jobs: readonly Job[]; readonly onChange: () => void }) {
  const { line, home } = t();
  const open = jobs.filter(isOpen);
  const ended = jobs.filter((job) => !isOpen(job));
  if (jobs.length === 0 && sendings.value.length === 0)
    return (
      <div class="empty">
        <Icon name="line" />
        <p>{line.empty}</p>
        <a class="button button-main" href={href("send")}>
          {home.sendTitle}
        </a>
      </div>
    );
  return (
    <>
      {open.length > 0 && <JobList title={line.open} jobs={open} onChange={onChange} />}
      {ended.length > 0 && <JobList title={line.ended} jobs={ended} onChange={onChange} />}
    </>
  );
}

interface JobListProps {
  readonly title: string;
  readonly jobs: readonly Job[];
  readonly onChange: () => void;
}

function JobList({ title, jobs, onChange }: JobListProps) {
  return (
    <section class="stack-tight">
      <h2>{title}</h2>
      <ul class="list">
        {jobs.map((job) => (
          <li key={job.id}>
            <JobCard job={job} onChange={onChange} />
          </li>
        ))}
      </ul>
    </section>
  );
}
