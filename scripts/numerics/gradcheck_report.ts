/** What `npm run gradcheck` prints of each gradient rule. */
import { type GradCheckReport, gradCheck } from "lanegrad";
import type { GradCheckCase } from "./gradcheck_cases.ts";

/** Checks each case and prints what was found; returns the exit code. */
export function runGradChecks(cases: readonly GradCheckCase[], print: (line: string) => void): 0 | 1 {
  let wrong = 0;
  for (const { name, f, inputs } of cases) {
    const report = gradCheck(f, inputs);
    if (!report.passed) wrong += 1;
    for (const line of linesOf(name, report)) print(line);
  }
  print(
    wrong === 0 ? `\nall ${cases.length} gradients are right` : `\n${wrong} of ${cases.length} gradients are wrong`,
  );
  return wrong === 0 ? 0 : 1;
}

/** One line for each input: elements, kinks, and where rule and difference are furthest apart. */
function linesOf(name: string, { inputs }: GradCheckReport): string[] {
  return inputs.map(({ name: input, elements, failures, kinks, worst }) => {
    const verdict = failures === 0 ? "ok   " : "WRONG";
    const size = `${String(elements).padStart(3)} elements`;
    const found = `worst [${worst.index}] ${worst.analytic.toPrecision(8)} and ${worst.numeric.toPrecision(8)}`;
    const counts = [failures > 0 ? `${failures} wrong` : [], kinks > 0 ? `${kinks} kinks` : []].flat();
    const columns = [size, ...counts, found, `off by ${worst.relativeError.toExponential(1)}`];
    return `${verdict} ${name.padEnd(45)} ${input.padEnd(7)} ${columns.join(", ")}`;
  });
}
