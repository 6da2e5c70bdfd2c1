/** Two curves as uPlot draws them, in the page's colours, as wide as the page lets them be. */
import uPlot from "uplot";
import type { ThinnedCurve } from "./thinned.ts";

type ChartOptions = {
  /** The custom property with the line's colour. */
  readonly colour: string;
  readonly scale: "logarithmic" | "percent";
};

const HEIGHT = 200;

export class Chart {
  readonly #plot: uPlot;
  readonly #curve: ThinnedCurve;

  constructor(place: HTMLElement, curve: ThinnedCurve, { colour, scale }: ChartOptions) {
    this.#curve = curve;
    const property = (name: string) => () => getComputedStyle(place).getPropertyValue(name).trim();
    const axis: uPlot.Axis = {
      stroke: property("--ink-soft"),
      grid: { stroke: property("--line"), width: 1 },
      ticks: { show: false },
      font: "12px system-ui, sans-serif",
    };
    this.#plot = new uPlot(
      {
        width: Math.max(place.clientWidth, 200),
        height: HEIGHT,
        legend: { show: false },
        cursor: { show: false },
        scales: {
          x: { time: false, range: (_, low, high) => (low === high ? [0, 1] : [0, high]) },
          y: scale === "percent" ? { range: percentRange } : { distr: 3 },
        },
        axes: [
          { ...axis, size: 30 },
          {
            ...axis,
            size: 52,
            ...(scale === "percent" && { values: (_, ticks) => ticks.map((tick) => `${round(100 * tick)} %`) }),
          },
        ],
        series: [{}, { stroke: property(colour), width: 2, points: { show: false } }],
      },
      [[], []],
      place,
    );
    new ResizeObserver(([entry]) => {
      const width = Math.floor(entry?.contentRect.width ?? 0);
      if (width > 0 && width !== this.#plot.width) this.#plot.setSize({ width, height: HEIGHT });
    }).observe(place);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#plot.redraw());
  }

  draw(): void {
    this.#plot.setData([this.#curve.x, this.#curve.y]);
  }
}

/** From a whole ten per cent below the lowest to 100 %. */
function percentRange(_: uPlot, low: number | null): [number, number] {
  return [Math.max(0, Math.floor(10 * (low ?? 0)) / 10), 1];
}

function round(value: number): number {
  return Math.round(10 * value) / 10;
}
