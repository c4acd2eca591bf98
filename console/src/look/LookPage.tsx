import { useMemo } from "preact/hooks";
import { day } from "../i18n/format.ts";
import { href } from "../nav/routes.ts";
import { me } from "../session/me.ts";
import { Page } from "../ui/Page.tsx";
import { Waiting } from "../ui/Problem.tsx";
import { useRemote } from "../ui/useRemote.ts";
import { loadResource, partOf, type Resource } from "./api.ts";
import { IDENTITY } from "./editor/transform.ts";
import { FinishVisit } from "./FinishVisit.tsx";
import { onwardTo } from "./onward.ts";
import { sizeOf } from "./texts/size.ts";
import { lookTexts } from "./texts/texts.ts";
import { ViewerFrame } from "./ViewerFrame.tsx";

/** One scene or figure, to look at. */
export function LookPage({ resourceId }: { readonly resourceId: string }) {
  const { look } = lookTexts();
  const {
    value: resource,
    error,
    reload,
  } = useRemote((signal) => loadResource(resourceId, signal), [resourceId]);
  if (resource === undefined)
    return (
      <Page title={look.title}>
        <Waiting error={error} retry={reload} onward={onwardTo("library")} />
      </Page>
    );
  return (
    <>
      <Looked resource={resource} />
      <FinishVisit />
    </>
  );
}

function Looked({ resource }: { readonly resource: Resource }) {
  const { look } = lookTexts();
  const kind = resource.kind === "avatar" ? "avatar" : "scene";
  const parts = useMemo(() => [partOf(resource, kind, IDENTITY)], [resource]);
  const about = [look.kinds[kind], resource.isSample ? look.sample : look.made(day(resource.createdAt))].join(
    " · ",
  );
  return (
    <Page
      title={resource.title}
      about={about}
      // A recipient sees one thing at a time.
      actions={
        me.value?.role !== "care_recipient" && (
          <a class="button" href={`${href("newVideo")}?${kind}=${encodeURIComponent(resource.id)}`}>
            {look.use}
          </a>
        )
      }
    >
      <ViewerFrame
        title={resource.title}
        poster={resource.files.find(({ role }) => role === "poster")?.url}
        parts={parts}
        names={[resource.title]}
        firstMode={kind === "scene" ? "walk" : "around"}
      />
      <details>
        <summary>{look.files}</summary>
        <ul>
          {resource.files.map(({ name, url, size }) => (
            <li key={name}>
              {url === undefined ? (
                look.download(name, sizeOf(size))
              ) : (
                <a href={url}>{look.download(name, sizeOf(size))}</a>
              )}
            </li>
          ))}
        </ul>
      </details>
    </Page>
  );
}
