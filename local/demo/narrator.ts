/** What the demo says while it plays: one line a step, and a bar that redraws itself on a terminal. */
export interface Narrator {
  step(what: string): void;
  progress(fraction: number, stage: string): void;
  problem(what: string): void;
}

const BAR_CELLS = 30;

export function narrator(output: NodeJS.WriteStream): Narrator {
  let barShown = false;
  let lastPercent = -1;
  const endBar = () => {
    if (barShown) output.write("\n");
    barShown = false;
  };
  return {
    step(what) {
      endBar();
      output.write(`  ${what}\n`);
    },
    progress(fraction, stage) {
      const percent = Math.round(fraction * 100);
      const filled = Math.round(fraction * BAR_CELLS);
      const bar = `  [${"█".repeat(filled)}${"░".repeat(BAR_CELLS - filled)}] ${String(percent).padStart(3)} %  ${stage}`;
      if (output.isTTY) {
        output.write(`\r${bar}\u001b[K`);
        barShown = true;
      } else if (percent >= lastPercent + 10 || percent < lastPercent || percent === 100) {
        // A log keeps every line, so a bar in it moves in tenths.
        if (percent !== lastPercent) output.write(`${bar}\n`);
        lastPercent = percent;
      }
    },
    problem(what) {
      endBar();
      output.write(`  ✗ ${what}\n`);
    },
  };
}
