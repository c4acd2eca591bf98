import "./recipient.css";
import "./library.css";
import { useState } from "preact/hooks";
import { api } from "../api/client.ts";
import { answered } from "../api/problem.ts";
import { t } from "../i18n/text.ts";
import { href } from "../nav/routes.ts";
import { me } from "../session/me.ts";
import { Icon } from "../ui/Icon.tsx";
import { Page } from "../ui/Page.tsx";
import { Waiting } from "../ui/Problem.tsx";
import { useRemote } from "../ui/useRemote.ts";
import { Poster } from "./LibraryPage.tsx";

/** Something to visit: a VR video, or a place by itself. */
interface Visit {
  readonly id: string;
  readonly title: string;
  readonly to: string;
  readonly poster: string | undefined;
}

const LIMIT = 50;

/** What a family put together comes first, then places; samples only while there is nothing else. */
async function loadVisits(signal: AbortSignal): Promise<Visit[]> {
  const query = { limit: LIMIT };
  const [videos, scenes] = await Promise.all([
    api.GET("/v1/vr-videos", { params: { query }, signal }).then(answered),
    api.GET("/v1/resources", { params: { query: { ...query, kind: "scene" } }, signal }).then(answered),
  ]);
  const posters = new Map(scenes.items.map(({ id, poster }) => [id, poster?.url]));
  const together = videos.items.map(({ id, title, scene }) => ({
    id,
    title,
    to: href("video", { videoId: id }),
    poster: posters.get(scene.resourceId),
  }));
  const place = (item: (typeof scenes.items)[number]) => ({
    id: item.id,
    title: item.title,
    to: href("look", { resourceId: item.id }),
    poster: item.poster?.url,
  });
  const own = [...together, ...scenes.items.filter(({ isSample }) => !isSample).map(place)];
  return own.length > 0 ? own : scenes.items.map(place);
}

/** What a recipient sees: one memory at a time. */
export function RecipientHome() {
  const { visit, home } = t();
  const visits = useRemote(loadVisits, []);
  const [index, setIndex] = useState(0);
  const name = me.value?.name;
  const title = name ? home.hello(name) : home.helloUnnamed;
  if (visits.value === undefined)
    return (
      <Page title={title} narrow>
        <Waiting error={visits.error} retry={visits.reload} />
      </Page>
    );
  const shown = visits.value[index % Math.max(1, visits.value.length)];
  return (
    <Page title={title} narrow>
      {shown === undefined ? (
        <p class="visit-line">{visit.nothing}</p>
      ) : (
        <section class="visit" aria-live="polite">
          <div class="visit-poster">
            <Poster key={shown.id} url={shown.poster} kind="scene" />
          </div>
          <h2>{shown.title}</h2>
          <a class="button button-main visit-button" href={shown.to}>
            <Icon name="door" />
            {visit.visit}
          </a>
          {visits.value.length > 1 && (
            <button type="button" class="button visit-button" onClick={() => setIndex(index + 1)}>
              {visit.another}
            </button>
          )}
        </section>
      )}
      <p class="visit-foot">
        <a class="button button-quiet visit-button" href={href("days")}>
          <Icon name="calendar" />
          {visit.days}
        </a>
        <a class="button button-quiet visit-button" href={href("family")}>
          <Icon name="family" />
          {t().nav.family}
        </a>
      </p>
    </Page>
  );
}
