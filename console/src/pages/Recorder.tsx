import { useEffect, useId, useRef, useState } from "preact/hooks";
import { t } from "../i18n/text.ts";
import { Notice } from "../ui/Notice.tsx";
import { useModal } from "../ui/useModal.ts";

interface RecorderProps {
  readonly onRecorded: (file: File) => void;
  readonly onClose: () => void;
}

/** What a browser may record, the first one that it can. */
const FORMATS = [
  { type: "video/mp4", ending: "mp4" },
  { type: "video/webm", ending: "webm" },
] as const;

/** Films with a computer's camera. */
export function Recorder({ onRecorded, onClose }: RecorderProps) {
  const { send, common } = t();
  const titleId = useId();
  const dialog = useModal();
  const isLeft = useRef(false);
  const screen = useRef<HTMLVideoElement>(null);
  const [stream, setStream] = useState<MediaStream>();
  const [recorder, setRecorder] = useState<MediaRecorder>();
  const [hasFilm, setHasFilm] = useState(false);
  const [refused, setRefused] = useState(false);

  useEffect(() => {
    let opened: MediaStream | undefined;
    navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1920 } }, audio: false }).then(
      (found) => {
        opened = found;
        if (isLeft.current) stop(found);
        else setStream(found);
      },
      () => setRefused(true),
    );
    return () => {
      isLeft.current = true;
      if (opened !== undefined) stop(opened);
    };
  }, []);
  useEffect(() => {
    if (screen.current !== null && stream !== undefined) screen.current.srcObject = stream;
  }, [stream]);

  const begin = () => {
    const format = FORMATS.find(({ type }) => MediaRecorder.isTypeSupported(type));
    if (stream === undefined || format === undefined) return;
    const made = new MediaRecorder(stream, { mimeType: format.type });
    const parts: Blob[] = [];
    made.addEventListener("dataavailable", ({ data }) => {
      parts.push(data);
      setHasFilm(true);
    });
    made.addEventListener("stop", () => {
      // A camera that is closed ends what is being filmed; no one wanted to use that.
      if (isLeft.current) return;
      onRecorded(new File(parts, `film.${format.ending}`, { type: format.type, lastModified: Date.now() }));
    });
    made.start(1000);
    setRecorder(made);
  };
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby={titleId} onClose={onClose}>
      <div class="stack">
        <h2 id={titleId}>{send.recordTitle}</h2>
        {refused ? (
          <Notice tone="bad">{send.cameraRefused}</Notice>
        ) : (
          <video ref={screen} class="recorder" autoplay muted playsInline />
        )}
        <div class="row">
          {recorder === undefined ? (
            <button type="button" class="button button-main" disabled={stream === undefined} onClick={begin}>
              {send.recordBegin}
            </button>
          ) : (
            // It stands where the other one stood, so the second press of a double click comes here, when nothing is filmed yet.
            <button
              type="button"
              class="button button-main"
              aria-disabled={!hasFilm}
              onClick={() => hasFilm && recorder.stop()}
            >
              {send.recordEnd}
            </button>
          )}
          <button type="button" class="button" onClick={() => dialog.current?.close()}>
            {common.cancel}
          </button>
        </div>
      </div>
    </dialog>
  );
}

function stop(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}
