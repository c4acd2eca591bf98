import { lookTexts } from "./texts/texts.ts";

interface ViewerCanvasProps {
  readonly canvas: { current: HTMLCanvasElement | null };
  readonly title: string;
  /** Of the element that says how to move about. */
  readonly helpId: string;
  readonly onKeyDown?: (event: KeyboardEvent) => void;
  readonly onKeyUp?: () => void;
}

/** The picture. Screen readers hand all keys to it, and read how it is operated. */
export function ViewerCanvas({ canvas, title, helpId, ...keys }: ViewerCanvasProps) {
  return (
    // biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: a canvas that takes keys is an application
    <canvas
      ref={canvas}
      class="viewer-canvas"
      tabIndex={0}
      role="application"
      aria-label={lookTexts().viewer.canvas(title)}
      aria-describedby={helpId}
      {...keys}
    />
  );
}
