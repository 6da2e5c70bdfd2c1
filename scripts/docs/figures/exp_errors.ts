import { Engine, exp, tensor } from "lanegrad";
import { lines } from "lanegrad/plot";

const SPAN = 1.5 * Math.LN2;
const BINS = 96;
const POINTS_PER_BIN = 512;

/** How far exp's float32 results are from the truth, in ulps, over three periods of its reduction. */
export async function expErrors(): Promise<string> {
  using engine = await Engine.load();
  const points = Float32Array.from(
    { length: BINS * POINTS_PER_BIN },
    (_, i) => ((2 * i + 1) / (BINS * POINTS_PER_BIN) - 1) * SPAN,
  );
  using x = tensor(engine, points, { shape: [points.length] });
  using y = exp(x);
  const middles = Float64Array.from({ length: BINS }, (_, bin) => ((2 * bin + 1) / BINS - 1) * SPAN);
  const worst = new Float64Array(BINS);
  const results = y.data;
  for (const [i, at] of points.entries()) {
    const truth = Math.exp(at);
    const ulp = 2 ** (Math.floor(Math.log2(truth)) - 23);
    const bin = Math.floor(i / POINTS_PER_BIN);
    worst[bin] = Math.max(worst[bin] ?? 0, Math.abs((results[i] ?? 0) - truth) / ulp);
  }
  return await lines([{ label: "exp", x: middles, y: worst, markers: "none" }], {
    title: "Largest error of exp, float32",
    description:
      "The largest error of exp in each of 96 intervals between -1.04 and 1.04, in ulps; rounding alone is 0.5.",
    xLabel: "x",
    yLabel: "ulp",
    yDomain: [0, 1.1],
    height: 170,
  });
}
