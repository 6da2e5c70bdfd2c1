/** Every layer: those of the library by their kinds, and those of others, whose kinds contain a slash. */
import type { ActivationLayer } from "./activations.ts";
import type { BatchNormLayer } from "./batch_norm.ts";
import type { Conv2dLayer } from "./conv2d.ts";
import type { DenseLayer } from "./dense.ts";
import type { DepthwiseConv2dLayer } from "./depthwise_conv2d.ts";
import type { DropoutLayer } from "./dropout.ts";
import type { FlattenLayer } from "./flatten.ts";
import type { GroupNormLayer, LayerNormLayer } from "./normalization.ts";
import type { AvgPool2dLayer, GlobalAvgPool2dLayer, MaxPool2dLayer } from "./pooling.ts";
import type { PreluLayer } from "./prelu.ts";
import type { CustomKind } from "./record.ts";

/** Layers one after the other. */
export type Sequential = {
  readonly kind: "sequential";
  /** From the input to the output. */
  readonly layers: readonly Layer[];
};

/** x + f(x), where f is layers one after the other; or p(x) + f(x). */
export type ResidualLayer = {
  readonly kind: "residual";
  /** From the input to the output, which is of the input's shape, or the projection's. */
  readonly layers: readonly Layer[];
  /** What the input passes before it is added. */
  readonly projection?: Layer;
};

/** A layer of one's own: by `defineLayer` or `model`. */
export type CustomLayer = { readonly kind: CustomKind };

/** A layer's description, made by its function or by `parseLayers`. */
export type Layer =
  | DenseLayer
  | ActivationLayer
  | PreluLayer
  | DropoutLayer
  | BatchNormLayer
  | LayerNormLayer
  | GroupNormLayer
  | FlattenLayer
  | Conv2dLayer
  | DepthwiseConv2dLayer
  | MaxPool2dLayer
  | AvgPool2dLayer
  | GlobalAvgPool2dLayer
  | Sequential
  | ResidualLayer
  | CustomLayer;
