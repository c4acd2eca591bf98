import { useMemo } from "preact/hooks";
import { href } from "../nav/routes.ts";
import { me } from "../session/me.ts";
import { Page } from "../ui/Page.tsx";
import { Waiting } from "../ui/Problem.tsx";
import { useRemote } from "../ui/useRemote.ts";
import { type OpenedVideo, openVideo, partOf } from "./api.ts";
import { FinishVisit } from "./FinishVisit.tsx";
import { onwardTo } from "./onward.ts";
import { lookTexts } from "./texts/texts.ts";
import { ViewerFrame } from "./ViewerFrame.tsx";

/** A VR video, to visit. One answer of the API has all that is shown. */
export function VideoPage({ videoId }: { readonly videoId: string }) {
  const { videos } = lookTexts();
  const { value: video, error, reload } = useRemote((signal) => openVideo(videoId, signal), [videoId]);
  if (video === undefined)
    return (
      <Page title={videos.title}>
        <Waiting error={error} retry={reload} onward={onwardTo("videos")} />
      </Page>
    );
  return (
    <>
      <Visited video={video} />
      <FinishVisit />
    </>
  );
}

function Visited({ video }: { readonly video: OpenedVideo }) {
  const { videos } = lookTexts();
  const { title, scene, avatars } = video.composition;
  const placed = [scene, ...avatars];
  const parts = useMemo(
    () =>
      placed.flatMap(({ resourceId, transform }, at) => {
        const resource = video.resources.get(resourceId);
        return resource === undefined ? [] : [partOf(resource, at === 0 ? "scene" : "avatar", transform)];
      }),
    [video],
  );
  const names = parts.map(({ resourceId }) => video.resources.get(resourceId)?.title ?? "");
  const poster = video.resources.get(scene.resourceId)?.files.find(({ role }) => role === "poster");
  return (
    <Page
      title={title}
      about={names.join(", ")}
      // A recipient sees one thing at a time.
      actions={
        me.value?.role !== "care_recipient" && (
          <>
            <a class="button" href={href("editVideo", { videoId: video.id })}>
              {videos.edit}
            </a>
            <a class="button button-quiet" href={href("videos")}>
              {videos.back}
            </a>
          </>
        )
      }
    >
      <ViewerFrame title={title} poster={poster?.url} parts={parts} names={names} firstMode="walk" />
    </Page>
  );
}
