import { useMemo, useState } from "preact/hooks";
import { loadSpaces, shownSpace, spacesError } from "../spaces/spaces.ts";
import { Page } from "../ui/Page.tsx";
import { Waiting } from "../ui/Problem.tsx";
import { useRemote } from "../ui/useRemote.ts";
import { loadResource, type Resource } from "./api.ts";
import { Editor } from "./Editor.tsx";
import { besideOthers } from "./editor/arrival.ts";
import { IDENTITY } from "./editor/transform.ts";
import { unsavedNew } from "./editor/useEditing.ts";
import { onwardTo } from "./onward.ts";
import { Picker } from "./Picker.tsx";
import { lookTexts } from "./texts/texts.ts";

/**
 * Puts a new VR video together. A scene or a figure may be given by the address: `?scene=` and `?avatar=`. Without one, the page goes on
 * with what was left unsaved.
 */
export function NewVideoPage() {
  const { edit, pick } = lookTexts();
  const [given] = useState(() => new URLSearchParams(location.search));
  const [sceneId, setSceneId] = useState(given.get("scene") ?? undefined);
  const avatarId = given.get("avatar") ?? undefined;
  const { value, error, reload } = useRemote(
    async (signal) => {
      const ids = [sceneId, avatarId].filter((id) => id !== undefined);
      const resources = await Promise.all(ids.map((id) => loadResource(id, signal)));
      return new Map(resources.map((resource) => [resource.id, resource]));
    },
    [sceneId],
  );
  const chosen = shownSpace.value?.id;
  // A given figure can stand only beside what is of its own space; samples are of none.
  const ofGiven = [...(value?.values() ?? [])].find((resource) => resource.spaceId !== null)?.spaceId;
  const spaceId = ofGiven ?? chosen;
  const isGiven = sceneId !== undefined || avatarId !== undefined;
  const unsaved = useMemo(
    () => (spaceId === undefined || isGiven ? undefined : unsavedNew(spaceId)),
    [spaceId, isGiven],
  );
  if (unsaved !== undefined) return <Editor key={spaceId} opened={unsaved} />;
  if (spaceId === undefined)
    return (
      <Page title={edit.newTitle}>
        <Waiting error={spacesError.value} retry={() => void loadSpaces()} />
      </Page>
    );
  if (sceneId === undefined)
    return (
      <Page title={edit.newTitle} about={pick.scene}>
        <Picker key={spaceId} spaceId={spaceId} kind="scene" onPick={({ id }) => setSceneId(id)} />
      </Page>
    );
  if (value?.get(sceneId) === undefined)
    return (
      <Page title={edit.newTitle}>
        <Waiting error={error} retry={reload} onward={onwardTo("library")} />
      </Page>
    );
  return <Fresh spaceId={spaceId} sceneId={sceneId} avatarId={avatarId} resources={value} />;
}

interface FreshProps {
  readonly spaceId: string;
  readonly sceneId: string;
  readonly avatarId: string | undefined;
  readonly resources: ReadonlyMap<string, Resource>;
}

function Fresh({ spaceId, sceneId, avatarId, resources }: FreshProps) {
  const avatars = avatarId === undefined ? [] : [{ resourceId: avatarId, transform: besideOthers([]) }];
  return (
    <Editor
      opened={{
        id: undefined,
        spaceId,
        etag: undefined,
        resources,
        composition: { title: "", scene: { resourceId: sceneId, transform: IDENTITY }, avatars },
      }}
    />
  );
}
