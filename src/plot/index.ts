/** Figures as SVG: the surface of `lanegrad/plot`. */

export { MissingPackageError } from "../errors.ts";
export { type Accuracies, accuracyCurves } from "./accuracy_curves.ts";
export { type BandOptions, band, type Quantiles } from "./band.ts";
export { type Bar, type BarsOptions, bars } from "./bars.ts";
export { type ConfusionMatrixOptions, confusionMatrix } from "./confusion_matrix.ts";
export { type DigitPicture, type DigitsOptions, digits } from "./digits.ts";
export { type HistogramOptions, histogram } from "./histogram.ts";
export { type LinesOptions, lines } from "./lines.ts";
export { type LossCurveOptions, lossCurve } from "./loss_curve.ts";
export { type MatrixOptions, matrix } from "./matrix.ts";
export { type Arrows, quiver } from "./quiver.ts";
export { type ScatterOptions, scatter } from "./scatter.ts";
export { type Tangent, type TangentsOptions, tangents } from "./tangents.ts";
export { type PngOptions, toPng } from "./to_png.ts";
export { type TrajectoryOptions, trajectory } from "./trajectory.ts";
export type {
  ChartOptions,
  Domain,
  FigureOptions,
  Matrix,
  Numbers,
  Path,
  Point,
  Scale,
  ScaledOptions,
  Series,
} from "./types.ts";
export { type WeightImagesOptions, weightImages } from "./weight_images.ts";
