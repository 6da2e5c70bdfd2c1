/** One figure of each kind, for laws that all of them keep. */

import type { FigureOptions } from "../../src/plot/index.ts";
import * as plot from "../../src/plot/index.ts";

/** Makes a figure with these options. */
export type Make = (options: FigureOptions) => Promise<string>;

const h = Float64Array.from({ length: 40 }, (_, i) => 10 ** (i / 4 - 12));
const losses = Float64Array.from({ length: 10_000 }, (_, i) => 2.3 / (1 + i / 500) + wave(i));
const grid = Array.from({ length: 17 * 17 }, (_, i) => [(i % 17) / 4 - 2, Math.floor(i / 17) / 4 - 2] as const);
const descent = Array.from({ length: 30 }, (_, i) => [-7 * 0.9 ** i, 2 * (-0.8) ** i]);

/** The figure, how to make it, and how many bytes it may have. */
export const FIGURES: Readonly<Record<string, { readonly make: Make; readonly most: number }>> = {
  lossCurve: { make: (options) => plot.lossCurve(losses, options), most: 20_000 },
  accuracyCurves: {
    make: (options) => plot.accuracyCurves({ train: [0.1, 0.8, 0.9], test: Float32Array.of(0.1, 0.75, 0.85) }, options),
    most: 8_000,
  },
  lines: {
    make: (options) =>
      plot.lines(
        [
          { label: "forward", x: h, y: h.map((step) => step / 2 + 1e-16 / step) },
          { label: "central", x: h, y: h.map((step) => step ** 2 / 6 + 1e-16 / step) },
        ],
        { xScale: "log", yScale: "log", xLabel: "h", yLabel: "error", ...options },
      ),
    most: 9_000,
  },
  quiver: {
    make: (options) =>
      plot.quiver(
        {
          x: grid.map(([x]) => x),
          y: grid.map(([, y]) => y),
          u: grid.map(([x]) => -2 * x),
          v: grid.map(([, y]) => -2 * y),
        },
        options,
      ),
    most: 24_000,
  },
  trajectory: {
    make: (options) =>
      plot.trajectory(([x = 0, y = 0]) => x ** 2 / 20 + y ** 2, [{ label: "momentum", points: descent }], options),
    most: 25_000,
  },
  tangents: {
    make: (options) => plot.tangents((x) => x ** 2 / 100, [{ x: 5, slope: 0.1 }], { xDomain: [0, 20], ...options }),
    most: 8_000,
  },
  confusionMatrix: {
    make: (options) =>
      plot.confusionMatrix(
        [
          [9, 1],
          [2, 8],
        ],
        options,
      ),
    most: 3_000,
  },
  weightImages: {
    make: (options) =>
      plot.weightImages(
        { data: Float32Array.from({ length: 784 * 50 }, (_, i) => wave(i)), shape: [784, 50] },
        options,
      ),
    most: 50_000,
  },
  digits: {
    make: (options) =>
      plot.digits(
        [
          { pixels: Uint8Array.from({ length: 784 }, (_, i) => i % 256), caption: "4 taken for 9, 98 %" },
          { pixels: new Uint8Array(784) },
        ],
        options,
      ),
    most: 4_000,
  },
  matrix: {
    make: (options) =>
      plot.matrix(
        [
          [0.21, -0.42],
          [0.32, 1],
        ],
        { rows: ["x0", "x1"], columns: ["z0", "z1"], ...options },
      ),
    most: 3_000,
  },
  scatter: {
    make: (options) =>
      plot.scatter(
        h.map(Math.log),
        h.map((value) => Math.log(value) + Math.sin(value)),
        { line: "diagonal", ...options },
      ),
    most: 5_000,
  },
  histogram: { make: (options) => plot.histogram(losses, options), most: 8_000 },
  band: {
    make: (options) =>
      plot.band(
        { x: [1, 10, 100], lower: [0.1, 0.2, 0.25], median: [0.3, 0.3, 0.3], upper: [0.9, 0.5, 0.35] },
        options,
      ),
    most: 7_000,
  },
  bars: { make: (options) => plot.bars([{ label: "a step", value: 0.12 }], { unit: "ms", ...options }), most: 2_000 },
};

/** Something that looks like noise and is the same everywhere. */
function wave(i: number): number {
  return ((i * 7919) % 997) / 5000;
}
