import { useEffect, useId, useRef, useState } from "preact/hooks";
import { fileSize } from "../i18n/format.ts";
import { t } from "../i18n/text.ts";
import { inspect } from "../send/choose.ts";
import { acceptOf, type FileProblem, type Sort } from "../send/files.ts";
import type { Chosen } from "../send/sending.ts";
import { Icon } from "../ui/Icon.tsx";
import { Recorder } from "./Recorder.tsx";

interface FilePickerProps {
  readonly role: "video" | "face" | "body";
  readonly sort: Sort;
  readonly chosen: Chosen | undefined;
  readonly onChoose: (chosen: Chosen | undefined) => void;
}

/** A phone has its own camera app, which films better than a page could. */
const hasCameraApp = () => matchMedia("(pointer: coarse)").matches;

/** One file: picked, dropped, or from the camera. */
export function FilePicker({ role, sort, chosen, onChoose }: FilePickerProps) {
  const { send } = t();
  const id = useId();
  const picker = useRef<HTMLInputElement>(null);
  const camera = useRef<HTMLInputElement>(null);
  const [problem, setProblem] = useState<FileProblem>();
  const [looking, setLooking] = useState(false);
  const [over, setOver] = useState(false);
  const [recording, setRecording] = useState(false);

  const take = (file: File | undefined, handle?: FileSystemFileHandle) => {
    if (file === undefined) return;
    setLooking(true);
    setProblem(undefined);
    inspect(sort, file, handle)
      .then(
        (result) => {
          if ("problem" in result) {
            setProblem(result.problem);
            onChoose(undefined);
          } else onChoose(result);
        },
        () => setProblem("damaged"),
      )
      .finally(() => setLooking(false));
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const item = event.dataTransfer?.items[0];
    const file = item?.getAsFile() ?? undefined;
    void handleOf(item).then((handle) => take(file, handle));
  };
  const pick = () => {
    const { showOpenFilePicker } = window as WithPicker;
    if (showOpenFilePicker === undefined) return picker.current?.click();
    showOpenFilePicker.call(window, { multiple: false }).then(
      async ([handle]) => take(await handle?.getFile(), handle),
      () => undefined, // nothing was picked
    );
  };
  const labels = send.roles[role];
  return (
    <fieldset class="picker-field">
      <legend>{labels.title}</legend>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: dropping is a shortcut; the buttons inside do the same */}
      <div
        class={over ? "picker picker-over" : "picker"}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
      >
        {chosen === undefined ? (
          <>
            <Icon name={sort === "video" ? "film" : "image"} />
            <p id={`${id}-hint`} class="dim">
              {looking ? send.looking : labels.hint}
            </p>
          </>
        ) : (
          <Preview chosen={chosen} sort={sort} />
        )}
        <div class="row picker-buttons">
          <button type="button" class="button" aria-describedby={`${id}-problem`} onClick={pick}>
            {chosen === undefined ? labels.pick : send.pickOther}
          </button>
          {hasCameraApp() ? (
            <button type="button" class="button" onClick={() => camera.current?.click()}>
              <Icon name="camera" />
              {labels.camera}
            </button>
          ) : (
            sort === "video" && <CameraButton label={labels.camera} onPress={() => setRecording(true)} />
          )}
        </div>
        <input
          ref={picker}
          class="visually-hidden"
          type="file"
          data-role={role}
          accept={acceptOf(sort)}
          tabIndex={-1}
          aria-hidden="true"
          onChange={(event) => take(event.currentTarget.files?.[0])}
        />
        <input
          ref={camera}
          class="visually-hidden"
          type="file"
          accept={sort === "video" ? "video/*" : "image/*"}
          capture={role === "face" || role === "body" ? "user" : "environment"}
          tabIndex={-1}
          aria-hidden="true"
          onChange={(event) => take(event.currentTarget.files?.[0])}
        />
      </div>
      <p id={`${id}-problem`} class="error" role="alert">
        {problem !== undefined && send.fileProblems[problem]}
      </p>
      {recording && (
        <Recorder
          onClose={() => setRecording(false)}
          onRecorded={(file) => {
            setRecording(false);
            take(file);
          }}
        />
      )}
    </fieldset>
  );
}

/** Only some browsers have it, and DOM's types don't. */
interface WithPicker {
  showOpenFilePicker?(options: { multiple: false }): Promise<FileSystemFileHandle[]>;
}

/** What was dropped as a handle, by which the browser finds the file again after a reload. */
async function handleOf(item: DataTransferItem | undefined): Promise<FileSystemFileHandle | undefined> {
  // Only some browsers have the method, and DOM's types don't.
  const { getAsFileSystemHandle } = (item ?? {}) as {
    getAsFileSystemHandle?(): Promise<FileSystemHandle | null>;
  };
  const handle = await getAsFileSystemHandle?.call(item).catch(() => null);
  return handle instanceof FileSystemFileHandle ? handle : undefined;
}

function Preview({ chosen, sort }: { readonly chosen: Chosen; readonly sort: Sort }) {
  const [url, setUrl] = useState<string>();
  // A film of a phone may be coded in a way that this browser can't play, and be good all the same.
  const [isUnseen, setUnseen] = useState(false);
  const { file } = chosen;
  useEffect(() => {
    const made = URL.createObjectURL(file);
    setUrl(made);
    setUnseen(false);
    return () => URL.revokeObjectURL(made);
  }, [file]);
  return (
    <div class="picker-preview">
      {isUnseen && <Icon name="film" />}
      {url !== undefined && sort === "video" && !isUnseen && (
        <video
          src={url}
          muted
          playsInline
          preload="metadata"
          onError={() => setUnseen(true)}
          onLoadedMetadata={({ currentTarget }) => setUnseen(currentTarget.videoWidth === 0)}
        />
      )}
      {url !== undefined && sort === "photo" && <img src={url} alt="" />}
      <span>
        {file.name}
        <br />
        <span class="dim small">{fileSize(file.size)}</span>
      </span>
      {isUnseen && <span class="dim small">{t().send.notShown}</span>}
    </div>
  );
}

/** Is there where the computer has a camera. */
function CameraButton({ label, onPress }: { readonly label: string; readonly onPress: () => void }) {
  const [there, setThere] = useState(false);
  useEffect(() => {
    void navigator.mediaDevices
      ?.enumerateDevices()
      .then((devices) => setThere(devices.some(({ kind }) => kind === "videoinput")));
  }, []);
  if (!there) return null;
  return (
    <button type="button" class="button" onClick={onPress}>
      <Icon name="camera" />
      {label}
    </button>
  );
}
