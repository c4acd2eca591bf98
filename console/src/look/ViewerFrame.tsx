import { useEffect, useId, useState } from "preact/hooks";
import { OfflineError, ProblemError, SignedOutError } from "../api/problem.ts";
import { Icon } from "../ui/Icon.tsx";
import { Notice } from "../ui/Notice.tsx";
import { sentenceOf } from "../ui/Problem.tsx";
import { FileMissingError } from "./files/download.ts";
import { UnreadableModelError, UnsupportedModelError } from "./files/glb.ts";
import { HoldButton } from "./HoldButton.tsx";
import { hasHeadset } from "./stage/headset.ts";
import type { Loading, Mode, Part, Viewer } from "./stage/viewer.ts";
import { sizeOf } from "./texts/size.ts";
import { lookTexts } from "./texts/texts.ts";
import { useViewer, type ViewerState } from "./useViewer.ts";
import { ViewerCanvas } from "./ViewerCanvas.tsx";
import "./viewer.css";

interface ViewerFrameProps {
  readonly title: string;
  /** What is shown until the first frame. */
  readonly poster: string | undefined;
  /** Undefined until they are known; the same list until something changes. */
  readonly parts: readonly Part[];
  /** By their places in the list. */
  readonly names: readonly string[];
  readonly firstMode: Mode;
}

/** A picture that one can move about in, with its loading, its troubles and its controls. */
export function ViewerFrame({ title, poster, parts, names, firstMode }: ViewerFrameProps) {
  const texts = lookTexts().viewer;
  const [mode, setMode] = useState<Mode>(firstMode);
  const [inVr, setInVr] = useState(false);
  const helpId = useId();
  const state = useViewer({ parts, mode });
  const { viewer, loading } = state;
  const isReady = loading !== undefined && !loading.busy && loading.failed.size < parts.length;
  useEffect(() => viewer?.setMode(mode), [viewer, mode]);
  return (
    <section class="viewer" aria-label={title}>
      <div class="viewer-picture">
        <ViewerCanvas key={state.key} canvas={state.canvas} title={title} helpId={helpId} />
        <Cover state={state} poster={poster} retry={() => retry(state, parts)} names={names} />
      </div>
      <p id={helpId} class="viewer-help">
        {mode === "walk" ? texts.helpWalk : texts.helpAround}
      </p>
      {viewer !== undefined && isReady && (
        <Controls viewer={viewer} mode={mode} onMode={setMode} onVr={setInVr} />
      )}
      {inVr && (
        <Notice>
          <p>{texts.vr.inside}</p>
        </Notice>
      )}
    </section>
  );
}

/** What failed is tried again where it is; without a picture all of it is. */
export function retry({ viewer, failure, again }: ViewerState, parts: readonly Part[]): void {
  if (failure === undefined && viewer !== undefined) viewer.show(parts);
  else again();
}

interface CoverProps {
  readonly state: ViewerState;
  readonly poster: string | undefined;
  readonly names: readonly string[];
  readonly retry: () => void;
}

/** Over the picture, for as long as there is none: the poster, how much is there, and what went wrong. */
export function Cover({ state: { viewer, loading, failure }, poster, names, retry }: CoverProps) {
  const texts = lookTexts().viewer;
  const failed = [...(loading?.failed ?? [])];
  const isBusy = loading?.busy ?? true;
  const nothing = failure !== undefined || (failed.length > 0 && failed.length === names.length);
  return (
    <>
      {(isBusy || nothing) && poster !== undefined && <img class="viewer-poster" src={poster} alt="" />}
      {failure === undefined && isBusy && <LoadingBar loading={viewer === undefined ? undefined : loading} />}
      {(failure !== undefined || failed.length > 0) && (
        <div class="viewer-trouble">
          <Notice tone="bad">
            {failure !== undefined && <p>{texts.problems[failure]}</p>}
            {failure === undefined &&
              failed.map(([at, error]) => (
                <p key={at}>
                  {names.length > 1 && `${texts.partFailed(names[at] ?? "")} `}
                  {troubleOf(error)}
                </p>
              ))}
            {failure !== "noWebGl" && (
              <button type="button" class="button" onClick={retry}>
                {texts.tryAgain}
              </button>
            )}
          </Notice>
        </div>
      )}
    </>
  );
}

function LoadingBar({ loading }: { readonly loading: Loading | undefined }) {
  const texts = lookTexts().viewer;
  const { bytes = 0, total = 0 } = loading ?? {};
  const fraction = total === 0 ? 0 : Math.min(1, bytes / total);
  const isThere = total > 0 && bytes >= total;
  return (
    <div class="viewer-loading">
      <div
        class="bar"
        role="progressbar"
        aria-label={texts.loading}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(fraction * 100)}
      >
        <div style={{ transform: `scaleX(${fraction})` }} />
      </div>
      <p>{isThere ? texts.preparing : texts.loadingOf(sizeOf(bytes), sizeOf(total))}</p>
    </div>
  );
}

/** A sentence about a part that can't be shown. */
function troubleOf(error: unknown): string {
  const { problems } = lookTexts().viewer;
  if (error instanceof OfflineError) return problems.offline;
  if (error instanceof FileMissingError) return problems.missing;
  if (error instanceof UnreadableModelError) return problems.unreadable;
  if (error instanceof UnsupportedModelError) return problems.unsupported;
  return error instanceof ProblemError || error instanceof SignedOutError
    ? sentenceOf(error)
    : problems.unexpected;
}

interface ControlsProps {
  readonly viewer: Viewer;
  readonly mode: Mode;
  readonly onMode: (mode: Mode) => void;
  readonly onVr: (inVr: boolean) => void;
}

function Controls({ viewer, mode, onMode, onVr }: ControlsProps) {
  const texts = lookTexts().viewer;
  const [isPlaying, setPlaying] = useState(!matchMedia("(prefers-reduced-motion: reduce)").matches);
  useEffect(() => viewer.setPlaying(isPlaying), [viewer, isPlaying]);
  return (
    <fieldset class="viewer-controls" aria-label={texts.controls}>
      <div class="viewer-moves">
        {mode === "walk"
          ? (["turnLeft", "forward", "back", "turnRight"] as const).map((move) => (
              <HoldButton key={move} label={texts.moves[move]} sign={move} press={() => viewer.press(move)} />
            ))
          : (["left", "nearer", "farther", "right"] as const).map((turn) => (
              <HoldButton
                key={turn}
                label={texts.turns[turn]}
                sign={turn}
                press={() => void viewer.turn(turn)}
              />
            ))}
      </div>
      <div class="row">
        <button type="button" class="button" onClick={() => onMode(mode === "walk" ? "around" : "walk")}>
          {mode === "walk" ? texts.around : texts.walk}
        </button>
        <button type="button" class="button" onClick={() => viewer.reset()}>
          {texts.reset}
        </button>
        <button type="button" class="button button-quiet" onClick={() => viewer.flip()}>
          {texts.flip}
        </button>
        {viewer.hasMotion() && (
          <button type="button" class="button button-quiet" onClick={() => setPlaying(!isPlaying)}>
            {isPlaying ? texts.still : texts.play}
          </button>
        )}
      </div>
      <EnterVr viewer={viewer} onVr={onVr} />
    </fieldset>
  );
}

/** Only where there is a headset. */
function EnterVr({ viewer, onVr }: { readonly viewer: Viewer; readonly onVr: (inVr: boolean) => void }) {
  const texts = lookTexts().viewer.vr;
  const [isThere, setThere] = useState(false);
  const [isSeated, setSeated] = useState(true);
  const [isRefused, setRefused] = useState(false);
  useEffect(() => {
    let current = true;
    void hasHeadset().then((found) => current && setThere(found));
    return () => {
      current = false;
    };
  }, []);
  if (!isThere) return null;
  const enter = () => {
    setRefused(false);
    viewer.enterVr({ seated: isSeated, leaveLabel: texts.leave, ended: () => onVr(false) }).then(
      () => onVr(true),
      () => setRefused(true),
    );
  };
  return (
    <div class="viewer-vr">
      <button type="button" class="button button-main button-large" onClick={enter}>
        <Icon name="door" />
        {texts.enter}
      </button>
      <label class="viewer-seated">
        <input
          type="checkbox"
          checked={isSeated}
          onChange={(event) => setSeated(event.currentTarget.checked)}
        />
        <span>
          {texts.seated}
          <small>{texts.seatedHint}</small>
        </span>
      </label>
      {isRefused && (
        <Notice tone="bad">
          <p>{texts.refused}</p>
        </Notice>
      )}
    </div>
  );
}
