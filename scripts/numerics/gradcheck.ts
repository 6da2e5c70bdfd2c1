/** `npm run gradcheck`: every gradient rule against central differences in float64. Exit code 1 if one is wrong. */
import { Engine } from "lanegrad";
import { gradCheckCases } from "./gradcheck_cases.ts";
import { runGradChecks } from "./gradcheck_report.ts";

process.exitCode = runGradChecks(gradCheckCases(await Engine.load()), console.log);
