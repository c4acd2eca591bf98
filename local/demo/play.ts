import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { typeOfEnding } from "#shared/platform/media/mediaTypes.ts";
import type { Narrator } from "./narrator.ts";
import { type JobView, mailedCode, Phone, type PhoneAddresses, type ResourceView } from "./phone/phone.ts";
import { titleOfFile } from "./phone/titleOfFile.ts";
import { makeDemoVideo } from "./video.ts";

/** What `--json` prints. Times are seconds; `queued` runs from the accepted upload to the engine's first work. */
export interface Outcome {
  /** Null when the way ended before there was a job. */
  readonly jobId: string | null;
  readonly resourceId: string | null;
  readonly state: JobView["state"];
  /** The address of the one who sent it; null when no one did. */
  readonly giver: string | null;
  readonly error?: { readonly code: string; readonly message: string };
  readonly files: ReadonlyArray<{ name: string; contentType: string; size: number; path: string }>;
  readonly seconds: { upload: number; queued: number; converting: number; synced: number };
}

/** How long the result may take to appear in the library after the engine is done. */
const SYNC_DEADLINE_MILLISECONDS = 120_000;

/**
 * Plays both phones: two people sign in, one binds the other by a mailed code, a video is uploaded, converted, and fetched back.
 * @param request.video a file, or undefined to make one
 * @param request.out folder that receives what the signed URLs serve; a folder named after the job unless given
 */
export async function playDemo(request: {
  addresses: PhoneAddresses;
  video: string | undefined;
  out: string | undefined;
  tell: Narrator;
}): Promise<Outcome> {
  const { addresses, tell } = request;
  const scratch = await mkdtemp(join(tmpdir(), "reverie-demo-"));
  try {
    const video = await videoToPlay(request.video, scratch, tell);
    const { giver } = await bindGroup(addresses, tell);
    return await convert(giver, video, request.out, tell);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function videoToPlay(given: string | undefined, scratch: string, tell: Narrator): Promise<string> {
  if (given !== undefined) {
    const found = await stat(given).catch(() => undefined);
    if (!found?.isFile()) throw new Error(`there is no file ${given}`);
    if (found.size === 0) throw new Error(`${given} is empty`);
    return given;
  }
  const made = join(scratch, "seaside.mp4");
  await makeDemoVideo(made);
  tell.step(`made a small video, ${await sizeOf(made)}`);
  return made;
}

/** Two people who have signed in, and whose care group is made. */
export async function bindGroup(
  addresses: PhoneAddresses,
  tell: Narrator,
): Promise<{ giver: Phone; recipient: Phone }> {
  const run = randomBytes(4).toString("hex"); // new people each time, so that the demo can be played again
  const [giver, recipient] = await Promise.all([
    Phone.signIn(addresses, { email: `jiwoo.${run}@example.com`, name: "Jiwoo" }),
    Phone.signIn(addresses, { email: `halmoni.${run}@example.com`, name: "Halmoni" }),
  ]);
  tell.step(`Jiwoo and her grandmother signed in with Google (${giver.email}, ${recipient.email})`);
  await Promise.all([
    giver.enrol("care_giver"),
    recipient.enrol("care_recipient", { language: "ko", timeZone: "Asia/Seoul" }),
  ]);
  const invitation = await giver.invite(recipient.email);
  const code = await mailedCode(addresses.mail, recipient.email);
  tell.step("Jiwoo asked to care for her; a code came by mail");
  const group = await giver.confirm(invitation, code);
  tell.step(`the code was right: care group ${group}`);
  return { giver, recipient };
}

async function convert(
  giver: Phone,
  video: string,
  out: string | undefined,
  tell: Narrator,
): Promise<Outcome> {
  const clock = stopwatch();
  const uploadId = await giver.upload(video, typeOfEnding(video) ?? "video/mp4");
  const upload = clock.lap();
  tell.step(`uploaded ${basename(video)}, ${await sizeOf(video)}, by signed URL (${upload} s)`);

  const submitted = await giver.submit({
    kind: "scene",
    title: titleOfFile(video, "Video"),
    params: { location: "outdoor" },
    inputs: { video: uploadId },
  });
  tell.step(`submitted job ${submitted.id}`);
  return await outcomeOf(giver, submitted, { upload, out, clock, tell });
}

/** Watches a job to its end, waits for its resource and fetches the files. */
export async function outcomeOf(
  phone: Phone,
  submitted: JobView,
  {
    upload,
    out,
    clock,
    tell,
  }: { upload: number; out: string | undefined; clock: ReturnType<typeof stopwatch>; tell: Narrator },
): Promise<Outcome> {
  let queued: number | undefined;
  let job = submitted;
  for await (const change of phone.watch(submitted.id)) {
    job = change;
    if (job.state === "running" && queued === undefined) {
      queued = clock.lap();
      tell.step(`the engine took the job (${queued} s in line)`);
    }
    if (job.state === "running")
      tell.progress(job.progress?.fraction ?? 0, job.progress?.stage ?? "starting");
  }
  if (queued === undefined) queued = clock.lap(); // it ended before the first look, or never ran
  const converting = clock.lap();
  if (job.state !== "succeeded") return failed(phone, job, { upload, queued, converting, synced: 0 }, tell);
  tell.progress(1, "done");
  tell.step(`converted (${converting} s)`);

  const resource = await syncedResource(phone, job);
  const synced = clock.lap();
  tell.step(`synced into Postgres as resource ${resource.id} (${synced} s)`);
  const files = await fetchAll(resource, resolve(out ?? join(".local/demo", job.id)), tell);
  return {
    jobId: job.id,
    resourceId: resource.id,
    state: job.state,
    giver: phone.email,
    files,
    seconds: { upload, queued, converting, synced },
  };
}

function failed(phone: Phone, job: JobView, seconds: Outcome["seconds"], tell: Narrator): Outcome {
  const error = job.error ?? { code: job.state, message: `the job ended as ${job.state}` };
  tell.problem(`${error.message} (${error.code})`);
  return { jobId: job.id, resourceId: null, state: job.state, giver: phone.email, error, files: [], seconds };
}

async function syncedResource(phone: Phone, job: JobView): Promise<ResourceView> {
  if (typeof job.resourceId !== "string") throw new Error("the job succeeded but names no resource");
  const deadline = Date.now() + SYNC_DEADLINE_MILLISECONDS;
  while (Date.now() < deadline) {
    const resource = await phone.resource(job.resourceId);
    if (resource) return resource;
    await new Promise((again) => setTimeout(again, 100));
  }
  throw new Error("the result did not appear in the library");
}

async function fetchAll(
  resource: ResourceView,
  folder: string,
  tell: Narrator,
): Promise<Outcome["files"][number][]> {
  await mkdir(folder, { recursive: true });
  const fetched: Outcome["files"][number][] = [];
  for (const file of resource.files) {
    const path = join(folder, basename(file.name));
    await Phone.fetchFile(file, path);
    const { name, contentType, size } = file;
    fetched.push({ name, contentType, size, path });
    tell.step(`fetched ${path} (${await sizeOf(path)}, ${contentType})`);
  }
  return fetched;
}

export async function sizeOf(path: string): Promise<string> {
  const { size } = await stat(path);
  return size < 1_000_000 ? `${(size / 1000).toFixed(1)} kB` : `${(size / 1_000_000).toFixed(1)} MB`;
}

/** Seconds since the last lap, to the hundredth. */
export function stopwatch(): { lap(): number } {
  let last = performance.now();
  return {
    lap() {
      const now = performance.now();
      const seconds = Math.round((now - last) / 10) / 100;
      last = now;
      return seconds;
    },
  };
}
