import "uplot/dist/uPlot.min.css";
import "./chart.css";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { shownLanguage } from "../i18n/text.ts";

interface ChartProps {
  /** A time in seconds since 1970 and a value each, in the order of time. */
  readonly points: readonly (readonly [number, number])[];
}

const HEIGHT = 260;

/** A line over time. It says nothing to a screen reader, so a table goes with it. */
export function Chart({ points }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const parent = place.current;
    if (parent === null) return undefined;
    const colour = (name: string) => getComputedStyle(parent).getPropertyValue(name).trim();
    const date = new Intl.DateTimeFormat(shownLanguage(), {
      month: "short",
      day: "numeric",
      timeZone: "UTC",
    });
    const axis = {
      stroke: colour("--dim"),
      grid: { stroke: colour("--line"), width: 1 },
      ticks: { show: false },
    };
    const plot = new uPlot(
      {
        width: parent.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        cursor: { drag: { x: false, y: false } },
        axes: [{ ...axis, values: (_, splits) => splits.map((at) => date.format(at * 1000)) }, axis],
        series: [
          {},
          { stroke: colour("--accent"), width: 3, points: { show: true, size: 9, fill: colour("--accent") } },
        ],
      },
      [points.map(([at]) => at), points.map(([, value]) => value)],
      parent,
    );
    const resized = new ResizeObserver(() => plot.setSize({ width: parent.clientWidth, height: HEIGHT }));
    resized.observe(parent);
    return () => {
      resized.disconnect();
      plot.destroy();
    };
  }, [points]);
  return <div ref={place} class="chart" aria-hidden="true" />;
}
