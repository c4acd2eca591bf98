import { t } from "../i18n/text.ts";
import { href } from "../nav/routes.ts";
import { me } from "../session/me.ts";
import { Icon, type IconName } from "../ui/Icon.tsx";
import { Page } from "../ui/Page.tsx";
import { useRemote } from "../ui/useRemote.ts";
import { loadGroup } from "./group.ts";

/** Where a giver begins. */
export function HomePage() {
  const { home } = t();
  const group = useRemote(loadGroup, []);
  const name = me.value?.name;
  const recipient = group.value?.recipient;
  const caringFor = recipient?.name ?? recipient?.email;
  return (
    <Page
      title={name ? home.hello(name) : home.helloUnnamed}
      about={caringFor ? home.caringFor(caringFor) : home.giverAbout}
    >
      <ul class="tiles">
        {group.value === null && (
          <Tile main icon="family" to={href("family")} title={home.familyTitle} about={home.familyAbout} />
        )}
        <Tile
          main={group.value !== null}
          icon="send"
          to={href("send")}
          title={home.sendTitle}
          about={home.sendAbout}
        />
        <Tile icon="image" to={href("library")} title={home.libraryTitle} about={home.libraryAbout} />
        <Tile icon="film" to={href("videos")} title={home.videosTitle} about={home.videosAbout} />
        {group.value && (
          <>
            <Tile icon="calendar" to={href("days")} title={home.daysTitle} about={home.daysAbout} />
            <Tile icon="chart" to={href("progress")} title={home.progressTitle} about={home.progressAbout} />
          </>
        )}
      </ul>
    </Page>
  );
}

interface TileProps {
  readonly icon: IconName;
  readonly to: string;
  readonly title: string;
  readonly about: string;
  readonly main?: boolean;
}

function Tile({ icon, to, title, about, main }: TileProps) {
  return (
    <li>
      <a class={main ? "tile tile-main" : "tile"} href={to}>
        <Icon name={icon} />
        <h2>{title}</h2>
        <span>{about}</span>
      </a>
    </li>
  );
}
