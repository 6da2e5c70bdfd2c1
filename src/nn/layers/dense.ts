/** Y = X·W + b. */
import { ShapeError } from "../../errors.ts";
import { add } from "../../ops/binary.ts";
import { product } from "../../ops/product.ts";
import { checkOptions } from "../../options.ts";
import { show } from "../../tensor/layout.ts";
import { checkSize } from "../inputs.ts";
import { checkInitializer, type Initializer } from "./initializers.ts";
import { type LayerFormats, type LayerRecord, layerOf } from "./record.ts";

/** Y = X·W + b. */
export type DenseLayer = {
  readonly kind: "dense";
  /** Columns of X; where it is left out, as many as the layer before it gives. */
  readonly inputSize?: number;
  /** Columns of Y. */
  readonly outputSize: number;
  /** Default: He's rule where a rectifier follows, else Xavier's. */
  readonly weights?: Initializer;
};

/** How a dense layer starts. */
export type DenseOptions = {
  /** How W starts; b starts at 0. */
  readonly weights?: Initializer;
};

/**
 * A layer Y = X·W + b. The number of its inputs is that of the outputs before it.
 *
 * @param outputSize columns of Y
 * @throws {OptionError} a size that is not an integer from 1 on, or an unknown initializer
 * @example
 * const layers = sequential(dense(50, { weights: "he" }), relu(), dense(10));
 * using net = network(engine, layers, { inputShape: [784] });
 */
export function dense(outputSize: number, options?: DenseOptions): DenseLayer;
/**
 * A layer Y = X·W + b.
 *
 * @param inputSize columns of X
 * @param outputSize columns of Y
 * @throws {OptionError} a size that is not an integer from 1 on, or an unknown initializer
 * @example
 * const layers = sequential(dense(784, 50), relu(), dense(50, 10));
 */
export function dense(inputSize: number, outputSize: number, options?: DenseOptions): DenseLayer;
export function dense(...given: [number, (number | DenseOptions)?, DenseOptions?]): DenseLayer {
  const [first, second, third] = given;
  const isInferred = given.length < 2 || (typeof second === "object" && second !== null);
  const options = isInferred ? (second as DenseOptions | undefined) : third;
  checkOptions<DenseOptions>("dense", options, { weights: 1 });
  if (!isInferred) checkSize("dense: inputSize", first);
  const sizes = isInferred ? { outputSize: first } : { inputSize: first, outputSize: second as number };
  const layer = layerOf<DenseLayer>({ kind: "dense", ...sizes, ...withoutUndefined(options) }, DENSE);
  check("dense", layer);
  return layer;
}

/** An option that is undefined is left out. */
function withoutUndefined({ weights }: DenseOptions = {}): DenseOptions {
  return weights === undefined ? {} : { weights };
}

export const DENSE: LayerRecord<DenseLayer> = {
  kind: "dense",
  keys: { kind: 1, inputSize: 1, outputSize: 1, weights: 1 },
  check,
  inputShape: ({ inputSize }) => (inputSize === undefined ? undefined : [inputSize]),
  complete(layer, input, option) {
    const { kind, inputSize = input[0] as number, ...others } = layer;
    if (input.length !== 1) {
      throw new ShapeError("dense", option, "examples of one axis; flatten() makes them", show(input));
    }
    if (inputSize !== input[0]) {
      throw new ShapeError("sequential", option, `inputSize ${input[0]}, what comes before it`, `${inputSize}`);
    }
    return { kind, inputSize, ...others };
  },
  parameters: ({ outputSize, weights }, [inputSize]) => ({
    W: { shape: [inputSize as number, outputSize], start: weights ?? "auto" },
    b: { shape: [outputSize], start: 0 },
  }),
  forward: (x, _, { parameter }) => add(product(x, parameter("W")), parameter("b")),
};

export const DENSE_FORMATS: LayerFormats<DenseLayer> = {
  pytorch: { W: "weight", b: "bias" },
  isTransposed: true,
  features: ["W"],
  onnx: () => ({ op: "Gemm", tensors: ["W", "b"] }),
};

function check(option: string, { inputSize, outputSize, weights }: DenseLayer): void {
  if (inputSize !== undefined) checkSize(`${option}: inputSize`, inputSize);
  checkSize(`${option}: outputSize`, outputSize);
  if (weights !== undefined) checkInitializer(`${option}: weights`, weights);
}
