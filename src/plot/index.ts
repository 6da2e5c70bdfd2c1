/** Figures as SVG: the surface of `lanegrad/plot`. */

export { MissingPackageError } from "../errors.ts";
export { type Accuracies, accuracyCurves } from "./accuracy_curves.ts";
export { type LinesOptions, lines } from "./lines.ts";
export { type LossCurveOptions, lossCurve } from "./loss_curve.ts";
export { type Tangent, type TangentsOptions, tangents } from "./tangents.ts";
export { type PngOptions, toPng } from "./to_png.ts";
export type {
  ChartOptions,
  Domain,
  FigureDocument,
  FigureOptions,
  Matrix,
  Numbers,
  Path,
  Point,
  Scale,
  ScaledOptions,
  Series,
} from "./types.ts";
