/** The functions and networks of Saito Goki, *Deep Learning from Scratch* (O'Reilly), ch. 4 and 7: the surface of `lanegrad/chapter`. */

export { type Descent, type DescentOptions, gradientDescent } from "./gradient_descent.ts";
export { col2im, im2col } from "./im2col.ts";
export { type CrossEntropyOptions, crossEntropyError, meanSquaredError, type Rows } from "./losses.ts";
export { type DiffOptions, type Line, numericalDiff, tangentLine } from "./numerical_diff.ts";
export { type Gradient, type GradientOptions, numericalGradient } from "./numerical_gradient.ts";
export type { Coordinates, Point, TypedNumbers, Vector } from "./point.ts";
export {
  type ConvParam,
  SimpleConvNet,
  type SimpleConvNetOptions,
  type SimpleConvParameters,
} from "./simple_conv_net.ts";
export { SimpleNet, type SimpleNetOptions } from "./simple_net.ts";
export { TwoLayerNet, type TwoLayerNetOptions, type TwoLayerParameters } from "./two_layer_net.ts";
