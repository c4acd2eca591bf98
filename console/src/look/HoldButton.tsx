import { useEffect, useRef } from "preact/hooks";

const signs = {
  forward: "M12 19V6m-5.5 5.2L12 5.5l5.5 5.7",
  back: "M12 5v13m-5.5-5.2 5.5 5.7 5.5-5.7",
  turnLeft: "M5 10h9a5 5 0 0 1 0 10h-3M9 5.5 4.5 10 9 14.5",
  turnRight: "M19 10h-9a5 5 0 0 0 0 10h3M15 5.5l4.5 4.5-4.5 4.5",
  left: "M5 10h9a5 5 0 0 1 0 10h-3M9 5.5 4.5 10 9 14.5",
  right: "M19 10h-9a5 5 0 0 0 0 10h3M15 5.5l4.5 4.5-4.5 4.5",
  nearer: "M12 5v14M5 12h14",
  farther: "M5 12h14",
} as const;

/** A press by a key or a screen reader has no length; it lasts as long as a short step. */
const STEP_MS = 350;

interface HoldButtonProps {
  readonly label: string;
  readonly sign: keyof typeof signs;
  /** Begins something; what it returns ends it. */
  readonly press: () => (() => void) | undefined;
}

/** Does something for as long as it is held down. */
export function HoldButton({ label, sign, press }: HoldButtonProps) {
  const release = useRef<(() => void) | undefined>(undefined);
  const isPointer = useRef(false);
  const end = () => {
    release.current?.();
    release.current = undefined;
  };
  const begin = () => {
    end();
    release.current = press();
  };
  useEffect(() => end, []);
  return (
    <button
      type="button"
      class="button viewer-hold"
      aria-label={label}
      title={label}
      onPointerDown={(event) => {
        isPointer.current = true;
        event.currentTarget.setPointerCapture(event.pointerId);
        begin();
      }}
      onPointerUp={end}
      onPointerCancel={end}
      onContextMenu={(event) => event.preventDefault()}
      onClick={() => {
        if (isPointer.current) {
          isPointer.current = false;
          return;
        }
        begin();
        setTimeout(end, STEP_MS);
      }}
    >
      <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
        <path d={signs[sign]} />
      </svg>
    </button>
  );
}
