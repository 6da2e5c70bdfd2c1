/**
 * `npm run gradcheck`: every gradient rule against central differences in float64. Exit code 1 if one is wrong.
 */
import { Engine, type GradCheckReport, gradCheck } from "lanegrad";
import { gradCheckCases } from "./gradcheck_cases.ts";

const engine = await Engine.load();
let [wrong, checks] = [0, 0];
for (const { name, f, inputs } of gradCheckCases(engine)) {
  const report = gradCheck(f, inputs);
  checks += 1;
  if (!report.passed) wrong += 1;
  console.log(lines(name, report));
}
console.log(wrong === 0 ? `\nall ${checks} gradients are right` : `\n${wrong} of ${checks} gradients are wrong`);
process.exitCode = wrong === 0 ? 0 : 1;

/** One line for each input: elements, kinks, and where rule and difference are furthest apart. */
function lines(name: string, { inputs }: GradCheckReport): string {
  return inputs
    .map(({ name: input, elements, failures, kinks, worst }) => {
      const verdict = failures === 0 ? "ok   " : "WRONG";
      const found = `[${worst.index}] ${worst.analytic.toPrecision(8)} and ${worst.numeric.toPrecision(8)}`;
      const kinked = kinks === 0 ? "" : `, ${kinks} kinks`;
      const failed = failures === 0 ? "" : `, ${failures} wrong`;
      return `${verdict} ${name.padEnd(44)} ${input.padEnd(8)} ${String(elements).padStart(3)} elements${kinked}${failed}, worst ${found}, off by ${worst.relativeError.toExponential(1)}`;
    })
    .join("\n");
}
