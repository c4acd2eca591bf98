import { Page } from "../ui/Page.tsx";
import { Waiting } from "../ui/Problem.tsx";
import { useRemote } from "../ui/useRemote.ts";
import { openVideo } from "./api.ts";
import { Editor } from "./Editor.tsx";
import { onwardTo } from "./onward.ts";
import { lookTexts } from "./texts/texts.ts";

/** Changes a VR video that is there. */
export function EditVideoPage({ videoId }: { readonly videoId: string }) {
  const { edit } = lookTexts();
  const { value, error, reload } = useRemote((signal) => openVideo(videoId, signal), [videoId]);
  if (value === undefined)
    return (
      <Page title={edit.title}>
        <Waiting error={error} retry={reload} onward={onwardTo("videos")} />
      </Page>
    );
  return <Editor opened={value} />;
}
