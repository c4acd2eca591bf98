import { useState } from "preact/hooks";
import { day } from "../i18n/format.ts";
import { href } from "../nav/routes.ts";
import { SpaceChoice } from "../spaces/SpaceChoice.tsx";
import { loadSpaces, spacesError, useSpace } from "../spaces/spaces.ts";
import { Confirm } from "../ui/Confirm.tsx";
import { Icon } from "../ui/Icon.tsx";
import { Page } from "../ui/Page.tsx";
import { Problem, Waiting } from "../ui/Problem.tsx";
import { useAction } from "../ui/useAction.ts";
import { deleteVideo, type ListedVideo, listVideos } from "./api.ts";
import { lookTexts } from "./texts/texts.ts";
import { type Pages, usePages } from "./usePages.ts";
import "./viewer.css";

/** The VR videos of a space. */
export function VideosPage() {
  const { videos } = lookTexts();
  const space = useSpace();
  return (
    <Page
      title={videos.title}
      about={videos.about}
      actions={
        <a class="button button-main" href={href("newVideo")}>
          <Icon name="plus" />
          {videos.make}
        </a>
      }
    >
      {space === undefined ? (
        <Waiting error={spacesError.value} retry={() => void loadSpaces()} />
      ) : (
        <>
          <SpaceChoice space={space} />
          <VideosOf key={space.id} spaceId={space.id} />
        </>
      )}
    </Page>
  );
}

function VideosOf({ spaceId }: { readonly spaceId: string }) {
  const pages = usePages((cursor, signal) => listVideos(spaceId, cursor, signal), spaceId);
  if (pages.items === undefined) return <Waiting error={pages.error} retry={pages.reload} />;
  return <List pages={pages} />;
}

function List({ pages }: { readonly pages: Pages<ListedVideo> }) {
  const { videos } = lookTexts();
  const { items = [], hasMore, more, error, reload } = pages;
  if (items.length === 0)
    return (
      <div class="empty">
        <Icon name="film" />
        <p>{videos.none}</p>
        <p class="dim">{videos.noneHint}</p>
      </div>
    );
  return (
    <>
      <ul class="list">
        {items.map((video) => (
          <Video key={video.id} video={video} onDeleted={() => pages.drop(video)} />
        ))}
      </ul>
      <Problem error={error} retry={reload} />
      {hasMore && (
        <div class="row">
          <button type="button" class="button" onClick={more}>
            {videos.more}
          </button>
        </div>
      )}
    </>
  );
}

function Video({ video, onDeleted }: { readonly video: ListedVideo; readonly onDeleted: () => void }) {
  const { videos } = lookTexts();
  const [isAsking, setAsking] = useState(false);
  const deleting = useAction();
  return (
    <li class="card row row-between">
      <div>
        <h2>
          <a href={href("video", { videoId: video.id })}>{video.title}</a>
        </h2>
        <p class="dim small">
          {videos.people(video.avatars.length)} · {day(video.createdAt)}
        </p>
      </div>
      <div class="row">
        <a class="button button-main" href={href("video", { videoId: video.id })}>
          {videos.visit}
          <span class="visually-hidden">: {video.title}</span>
        </a>
        <a class="button" href={href("editVideo", { videoId: video.id })}>
          {videos.edit}
          <span class="visually-hidden">: {video.title}</span>
        </a>
        <button type="button" class="button button-quiet" onClick={() => setAsking(true)}>
          {videos.delete}
          <span class="visually-hidden">: {video.title}</span>
        </button>
      </div>
      {isAsking && (
        <Confirm
          title={videos.deleteTitle(video.title)}
          action={videos.delete}
          busy={deleting.busy}
          onClose={() => setAsking(false)}
          onConfirm={() => {
            deleting.run(async () => {
              await deleteVideo(video.id);
              onDeleted();
            });
          }}
        >
          <p>{videos.deleteHint}</p>
          <Problem error={deleting.error} />
        </Confirm>
      )}
    </li>
  );
}
