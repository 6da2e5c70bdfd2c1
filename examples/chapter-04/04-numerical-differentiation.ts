/** The slope of a function from its values, how it goes wrong, and which step is best. */
import { numericalDiff, tangentLine } from "lanegrad/chapter";
import { lines, tangents } from "lanegrad/plot";
import { figure, runAlone, type Section } from "./section.ts";

const f = (x: number) => 0.01 * x ** 2 + 0.1 * x; // slope 0.02x + 0.1
const round = { float64: (x: number) => x, float32: Math.fround } as const;
type Precision = keyof typeof round;

/** A slope whose every step is rounded to float32, or left in float64. */
function slopeOf(g: (x: number) => number, x: number, h: number, method: "central" | "forward", precision: Precision) {
  const r = round[precision];
  const step = r(h);
  const low = method === "central" ? r(x - step) : r(x);
  return r(r(r(g(r(x + step))) - r(g(low))) / r(method === "central" ? 2 * step : step));
}

/** Errors of the slope of the sine at 1, for steps from 1e-16 to 1. An error of exactly 0 has no place on the axis. */
function errorsOf(method: "central" | "forward", precision: Precision) {
  const x = Float64Array.from({ length: 129 }, (_, i) => 10 ** (-16 + i / 8));
  const y = x.map((h) => Math.abs(slopeOf(Math.sin, 1, h, method, precision) - Math.cos(1)) || Number.NaN);
  // The best step is that with the smallest error around it: single errors are small by chance.
  const around = y.map((_, i) => Math.max(...y.slice(Math.max(0, i - 4), i + 5).map((error) => error || 0)));
  const best = around.indexOf(Math.min(...around));
  return { label: `${method}, ${precision}`, x, y, markers: "none", best: `${x[best]!.toExponential(0)}` } as const;
}

export async function numericalDifferentiation(): Promise<Section> {
  const touching = [5, 10].map((x) => ({ x, slope: numericalDiff(f, x) }));
  const { slope, intercept } = tangentLine(f, 5);
  const curves = (["float64", "float32"] as const).flatMap((precision) =>
    (["central", "forward"] as const).map((method) => errorsOf(method, precision)),
  );
  return {
    id: "numerical-differentiation",
    title: "Numerical differentiation",
    numbers: [
      `h = 1e-50 is ${Math.fround(1e-50)} in float32, so the slope is 0 / 0: ${slopeOf(f, 5, 1e-50, "forward", "float32")}`,
      `in float64 it is lost in 5 + h, so the slope is ${numericalDiff(f, 5, { h: 1e-50, method: "forward" })}`,
      `forward difference, h = 1e-4:  ${numericalDiff(f, 5, { method: "forward" })} at 5`,
      `central difference, h = 1e-4:  ${touching[0]!.slope} at 5, ${touching[1]!.slope} at 10`,
      `the slopes are 0.2 and 0.3; the tangent at 5 is ${slope}·x − ${-intercept}`,
      ...curves.map(({ label, best }) => `the slope of sin at 1, ${label}: best near h = ${best}`),
    ],
    figures: await Promise.all([
      figure(
        "04-tangents",
        tangents(f, touching, { xDomain: [0, 20], title: "0.01x² + 0.1x" }),
        "A parabola with its tangents at 5 and at 10, whose slopes are 0.2 and 0.3.",
      ),
      figure(
        "04-error-of-h",
        lines(curves, {
          ...{ title: "The error of a numerical slope", xScale: "log", yScale: "log" },
          ...{ xLabel: "h", yLabel: "error of the slope of sin at 1" },
        }),
        "Errors against h on logarithmic axes, four V shapes: to the right the method's error, to the left that of rounding, which is far larger in float32.",
      ),
    ]),
  };
}

await runAlone(import.meta.url, numericalDifferentiation);
