interface ProgressBarProps {
  readonly label: string;
  /** From 0 to 1. */
  readonly fraction: number;
}

export function ProgressBar({ label, fraction }: ProgressBarProps) {
  const shown = Math.min(1, Math.max(0, fraction));
  return (
    <div
      class="bar"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.floor(shown * 100)}
    >
      <div style={{ transform: `scaleX(${shown})` }} />
    </div>
  );
}
