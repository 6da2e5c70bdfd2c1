/**
 * The golden table, trained here and now: `npx tsx scripts/numerics/golden.ts [build]`, `simd` when none is named.
 *
 * Prints a row for each network, as docs/determinism.md has it; exit code 1 where one differs from the committed table.
 * `--write` commits what was found instead: when the arithmetic was changed on purpose, and NumPy's losses still hold.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Build, Engine, loadMnist } from "lanegrad";
import { GOLDEN_FILE, goldenLine, goldenRows, goldenText } from "../../test/package/golden.ts";
import { goldenTable } from "../../test/package/programs/golden.ts";

const { values, positionals } = parseArgs({ options: { write: { type: "boolean" } }, allowPositionals: true });
const [build = "simd"] = positionals;

const rows = goldenRows();
const engine = await Engine.load({ build: build as Build });
const { train } = await loadMnist(new URL("../../data", import.meta.url));
const results = await goldenTable(engine, train, rows);
engine.dispose();

const found = rows.map((row, i) => ({ ...row, sha256: results[i]?.sha256 ?? "" }));
for (const row of found) console.log(goldenLine(row));
const others = found.filter(({ sha256 }, i) => sha256 !== rows[i]?.sha256);
if (values.write) writeFileSync(GOLDEN_FILE, goldenText(found));
else if (others.length > 0) {
  console.error(`other weights than the table's: ${others.map(({ name }) => name).join("; ")}`);
  process.exitCode = 1;
}
