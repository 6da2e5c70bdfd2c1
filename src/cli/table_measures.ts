/** How good a model of a table is on rows whose answers are known, and such a model from a file. */
import { type Classifier, decodeSafetensors, type Engine, type Evaluation, loadModel, type Regressor } from "lanegrad";
import { readFile } from "./files.ts";
import { modelFileOf } from "./model.ts";
import { numberText } from "./page.ts";
import { percent } from "./report.ts";
import { type NamedTable, recordsOf } from "./table.ts";

/** Measures, in the target's units. */
export async function measured(model: Classifier | Regressor, table: NamedTable): Promise<Evaluation> {
  return await model.evaluate(recordsOf(table));
}

/** Measures for the middle of a line. */
export function measuresText({ accuracy, regression }: Evaluation): string {
  if (regression === undefined) return `accuracy ${percent(accuracy ?? Number.NaN)}`;
  const { r2, rmse, mae } = regression;
  return `${r2 === undefined ? "" : `R² ${r2.toFixed(4)}, `}RMSE ${numberText(rmse)}, MAE ${numberText(mae)}`;
}

/** The model of a table in a run's folder or a file; undefined where it is a network alone, or no safetensors. */
export async function openTableModel(engine: Engine, path: string): Promise<Classifier | Regressor | undefined> {
  const file = await modelFileOf(path);
  const bytes = readFile(file);
  if (bytes[8] !== "{".charCodeAt(0)) return undefined;
  if (!decodeSafetensors(bytes, { file }).metadata.has("lanegrad.preprocessing")) return undefined;
  return await loadModel(bytes, { engine });
}
