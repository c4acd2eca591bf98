import { useEffect, useState } from "preact/hooks";
import { t } from "../i18n/text.ts";
import { isOpen, type Job, loadJobs, watchJobs } from "../live/jobs.ts";
import { href } from "../nav/routes.ts";
import { sendings } from "../send/sending.ts";
import { SpaceChoice } from "../spaces/SpaceChoice.tsx";
import { loadSpaces, type Space, spacesError, useSpace } from "../spaces/spaces.ts";
import { Icon } from "../ui/Icon.tsx";
import { Page } from "../ui/Page.tsx";
import { Waiting } from "../ui/Problem.tsx";
import { useRemote } from "../ui/useRemote.ts";
import { JobCard } from "./JobCard.tsx";
import { OutboxList } from "./OutboxList.tsx";

/** What is being built, live, and what ended lately. */
export function LinePage() {
  const { line } = t();
  const space = useSpace();
  return (
    <Page title={line.title} about={line.about} narrow>
      {space !== undefined && <SpaceChoice space={space} />}
      <OutboxList />
      {space === undefined ? (
        <Waiting error={spacesError.value} retry={() => void loadSpaces()} />
      ) : (
        <JobsOf key={space.id} space={space} />
      )}
    </Page>
  );
}

function JobsOf({ space }: { readonly space: Space }) {
  const jobs = useRemote((signal) => loadJobs(space.id, signal), []);
  // Read before the jobs, so that no change is missed.
  const [since] = useState({ spaceId: space.id, seq: space.seq });
  const { set } = jobs;
  useEffect(
    () =>
      watchJobs(since, async () => {
        const latest = await loadJobs(since.spaceId);
        set(latest);
        return latest;
      }),
    [since, set],
  );
  if (jobs.value === undefined) return <Waiting error={jobs.error} retry={jobs.reload} />;
  return <Jobs jobs={jobs.value} onChange={jobs.reload} />;
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
