/**
 * A network: layers with parameters, and the compiled programs that evaluate them.
 */

import { checkInstance, checkType } from "../arguments.ts";
import { compile, type Program } from "../autodiff/program.ts";
import { gradientsOf } from "../autodiff/reverse.ts";
import { allOrNothing, Owner, scoped } from "../disposable.ts";
import { DisposedError, OptionError } from "../errors.ts";
import { argmaxRows } from "../ops/argmax_rows.ts";
import { checkShapeIs } from "../ops/check.ts";
import { softmaxRows } from "../ops/softmax_rows.ts";
import { copy } from "../ops/vectors.ts";
import { checkOptions } from "../options.ts";
import { checkSeed } from "../random/checks.ts";
import { RandomState } from "../random/random_state.ts";
import { argument, type Expression, expressionOf, type Value } from "../tensor/expression.ts";
import { type TensorGroup, tensorGroup } from "../tensor/group.ts";
import { countOf, type Shape } from "../tensor/layout.ts";
import { SparseMatrix } from "../tensor/sparse.ts";
import { empty, Tensor, tensor } from "../tensor/tensor.ts";
import type { DType, FloatType } from "../wasm/dtype.ts";
import { checkEngine, type Engine } from "../wasm/engine.ts";
import { Accumulation } from "./accumulation.ts";
import { type Forward, forward, type Named } from "./forward.ts";
import { initialize } from "./initial_values.ts";
import {
  checkFloatType,
  checkRows,
  type Examples,
  examplesOf,
  isLabels,
  release,
  type Targets,
  type TensorRows,
  withTensors,
} from "./inputs.ts";
import { sigmoid } from "./layers/activations.ts";
import type { Layer, Sequential } from "./layers/layer.ts";
import { checkLayer, type Mode } from "./layers/record.ts";
import { sequentialOf } from "./layers/sequential.ts";
import { recordIn, type Structure, structureOf, tensorsIn } from "./layers/structure.ts";
import { checkLoss, checkOutputs, LOSSES, type Loss, likeOf } from "./losses.ts";
import { checkOptimizer, type Optimizer } from "./optimizers/record.ts";
import { OptimizerState } from "./optimizers/state.ts";
import { type NamedTensors, Parameters } from "./parameters.ts";
import { formOf, ProgramCache } from "./program_cache.ts";
import { type StepParts, type StepSource, TrainingStep } from "./training_step.ts";

/** How parameters start, of which type they are, and what is to be learned. */
export type NetworkOptions<D extends FloatType> = {
  /** Of the weights and of dropout's masks. Default 0. */
  readonly seed?: number;
  /** Where the weights come from instead: drawn layer by layer. `"none"`: they are 0, until they are set. */
  readonly random?: RandomState | "none";
  /** Of parameters and of all that is computed; float32 by default. */
  readonly dtype?: D;
  /** Default: `softmaxCrossEntropy`, which needs at least two outputs. A function returns its minibatch's mean. */
  readonly loss?: Loss<D>;
  /** The shape of one example, if the layers do not give it: `[784]`, `[28, 28]`. */
  readonly inputShape?: Shape;
};

/**
 * A network with its parameters. The caller disposes of it.
 *
 * Methods take tensors, or plain numbers: examples as rows, or one example alone; `t` as class labels, or as one-hot
 * rows or other targets. The first call with another number of rows compiles a program for it, which is kept.
 *
 * @throws {OptionError} something that is not a layer, an unknown input shape, a seed that is not an integer, an unknown
 *   loss, or `softmaxCrossEntropy` of one output
 * @throws {ShapeError} layers that do not fit
 * @throws {AllocationError} the engine's memory is too small
 * @example
 * using net = network(engine, sequential(dense(784, 128), relu(), dense(128, 10)), { seed: 0 });
 */
export function network<D extends FloatType = "float32">(
  engine: Engine,
  description: Layer,
  options: NetworkOptions<D> = {},
): Network<D> {
  return new Network(engine, description, options);
}

/**
 * What `network` gives.
 *
 * @example
 * using net = network(engine, sequential(dense(784, 50), relu(), dense(50, 10)));
 * using state = net.optimize(adam({ learningRate: 1e-3 }));
 * const { inputs, targets } = mnist.train.batch([0, 1, 2]);
 * using x = tensor(engine, inputs, { dtype: "float32", shape: [3, 784] });
 * using t = tensor(engine, Int32Array.from(targets));
 * net.step(state, x, t);
 */
export class Network<D extends FloatType = FloatType> extends Owner {
  static override get name(): string {
    return "Network";
  }
  readonly engine: Engine;
  readonly dtype: D;
  /** The layers, with all sizes. */
  readonly description: Sequential;
  /** The shape of one example. */
  readonly inputShape: Shape;
  /** Elements of one example: the product of `inputShape`. */
  readonly inputSize: number;
  readonly outputSize: number;
  /** What the description comes to: for files. */
  readonly structure: Structure;
  /** [seed, step] of dropout's masks, where there is dropout: the step counts training steps. */
  readonly counter: Tensor<"int32"> | undefined;
  /** What it is trained by: the loss's name, or the function that was given. */
  readonly lossFunction: Loss<D>;
  readonly #parameters: Parameters<string, D>;
  readonly #statistics: TensorGroup<string, D> | undefined;
  readonly #programs = new ProgramCache<Program<string>>();
  readonly #steps = new ProgramCache<TrainingStep<D>>();
  readonly #stateNumbers = new WeakMap<OptimizerState<D>, number>();
  #stateCount = 0;
  #isDisposed = false;

  /**
   * As `network`.
   *
   * @param from `file`: softmax over one output, which earlier versions wrote, is read, and refused when it is trained
   * @throws {OptionError} as `network`
   */
  constructor(engine: Engine, description: Layer, options: NetworkOptions<D>, from: "program" | "file" = "program") {
    super();
    checkEngine(engine);
    checkOptions<NetworkOptions<D>>("network", options, { seed: 1, random: 1, dtype: 1, loss: 1, inputShape: 1 });
    const { seed = 0, random = new RandomState(seed), dtype = "float32" as D, loss = "softmaxCrossEntropy" } = options;
    checkSeed(seed);
    if (random !== "none") checkInstance("network: random", "a RandomState", RandomState, random);
    const root = sequentialOf(description);
    checkLayer(root);
    checkFloatType(dtype);
    checkLoss(loss);
    const structure = structureOf(root, options.inputShape);
    const [shapes, statisticsShapes] = [shapesOf(structure, "parameters"), shapesOf(structure, "statistics")];
    if (Object.keys(shapes).length === 0) throw new OptionError("network", "expected a layer with parameters to train");
    this.engine = engine;
    this.dtype = dtype;
    this.structure = structure;
    this.description = structure.description as Sequential;
    this.inputShape = structure.inputShape;
    this.inputSize = countOf(structure.inputShape);
    this.outputSize = countOf(structure.outputShape);
    this.lossFunction = loss;
    if (from === "program") checkOutputs(loss, this.outputSize);
    const hasStatistics = Object.keys(statisticsShapes).length > 0;
    const isRandom = [...structure.layers.values()].some(({ layer }) => recordIn(layer).isRandom);
    const parts = allOrNothing((own) => {
      const parameters = own(new Parameters(engine, shapes, dtype));
      const statistics = hasStatistics ? tensorGroup(engine, statisticsShapes, dtype) : undefined;
      if (statistics !== undefined) own(statistics.whole);
      const counter = isRandom ? tensor(engine, new Int32Array([seed, 0]), { name: "counter" }) : undefined;
      return { parameters, statistics, counter };
    });
    this.#parameters = parts.parameters;
    this.#statistics = parts.statistics;
    this.counter = parts.counter;
    initialize(structure, { parameters: this.parameters, statistics: this.statistics }, random);
    engine.watch?.begin(this, this.#describe(), 0); // its tensors and programs are watched themselves
  }

  /** The parameters by name, W1, b1, W2 …: views into one block of the network's. `parameters.W1.set(…)` changes them. */
  get parameters(): NamedTensors<string, D> {
    return this.#parameters.values;
  }

  /**
   * What no optimizer changes, by name: running means and variances of batch normalisation, mean1, variance1 …; and the
   * parameters of layers that are frozen. `statistics["W1"]?.set(…)` changes them.
   */
  get statistics(): NamedTensors<string, D> {
    return this.#statistics?.parts ?? {};
  }

  /**
   * Everything that training changes, but for the optimizer's state: the parameters as one vector, the running
   * statistics as one (where there are any), the counter of dropout's masks. For copies that are put back later.
   */
  get blocks(): readonly Tensor[] {
    return [this.#parameters.whole, this.#statistics?.whole, this.counter].filter((block) => block !== undefined);
  }

  /**
   * The network's predictions for the rows of x: class probabilities; probabilities of yes with
   * `binaryCrossEntropyWithLogits`; its outputs with other losses.
   *
   * @param x m × inputSize; sparse rows as `sparseMatrix` makes them
   * @returns m × outputSize, which the caller disposes of
   * @throws {ShapeError} x has other rows
   * @throws {DisposedError} the network was disposed
   */
  predict(x: Examples<D> | SparseMatrix<D>): Tensor<D> {
    const input = examplesOf(this.engine, x, this.inputSize, this.dtype);
    try {
      const z = this.logits(input);
      const like = likeOf(this.lossFunction);
      if (like === "softmaxCrossEntropy") return softmaxRows(z);
      if (like === "binaryCrossEntropyWithLogits") return sigmoid(z);
      const y = empty(this.engine, z.shape, { dtype: this.dtype });
      copy(z, y);
      return y;
    } finally {
      release(input, x);
    }
  }

  /** The last layer's output for the rows of x: a tensor of the network's own, which the next call overwrites. */
  logits(x: TensorRows<D>): Tensor<D> {
    checkRows("logits: x", x);
    const program = this.#program(`z ${formOf(x)}`, () => {
      const input = this.#argument(x);
      return compile({ z: this.forward(input, "predict").z }, { arguments: [input] });
    });
    program.bind({ x });
    program.run();
    return program.outputs["z"] as Tensor<D>;
  }

  /**
   * The loss of the examples, without dropout, and with running statistics in place of the batch's: a mean, but for
   * `squaredError`, which is a sum.
   *
   * @param t m labels, or m × outputSize targets
   * @throws {ShapeError} shapes do not fit
   * @throws {IndexError} a label outside 0..outputSize-1
   */
  loss(x: Examples<D> | SparseMatrix<D>, t: Targets<D>): number {
    return this.#with(x, t, (input, target) => {
      if (typeof this.lossFunction !== "function") return this.lossOf(this.logits(input), target);
      const key = `loss ${formOf(input)} ${formOf(target)}`;
      return this.#lossBy(key, { x: input, t: target }, (x, t) => this.lossOf(this.forward(x, "predict").z, t));
    });
  }

  /** The share of examples whose largest output is the label's: a fraction in 0..1. Arguments as for `loss`. */
  accuracy(x: Examples<D> | SparseMatrix<D>, t: Targets<D>): number {
    return this.#with(x, t, (input, target) => this.countCorrect(input, target) / (input.shape[0] ?? 0));
  }

  /** The number of rows that `accuracy` counts as right, for tensors. */
  countCorrect(x: TensorRows<D>, t: Tensor<D> | Tensor<"int32">): number {
    checkInstance("countCorrect: t", "a Tensor", Tensor, t);
    return scoped((own) => {
      const predictions = own(argmaxRows(this.logits(x)));
      const labels = isLabels(t) ? t : own(argmaxRows(t));
      checkShapeIs("countCorrect", "t", labels, predictions.shape);
      const found = predictions.data;
      return labels.data.reduce((correct, label, i) => correct + Number(found[i] === label), 0);
    });
  }

  /**
   * ∂loss/∂parameter by backpropagation, as a training step sees it. Nothing is computed for the input.
   *
   * @returns the network's own gradient tensors, which the next call overwrites: do not dispose of them
   */
  gradient(x: Examples<D> | SparseMatrix<D>, t: Targets<D>): NamedTensors<string, D> {
    return this.#with(x, t, (input, target) => {
      const program = this.#program(`gradient ${formOf(input)} ${formOf(target)}`, () => {
        const [x, t] = [this.#argument(input), argument<DType>(this.engine, target, "t")];
        const loss = this.lossOf(this.forward(x, "train").z, t);
        const leaves = this.#leaves();
        const gradients = gradientsOf(loss, Object.values(leaves));
        const into = Object.keys(leaves).map((name, i) => [gradients[i] as Expression, this.#gradient(name)] as const);
        return compile({}, { into, arguments: [x, t] });
      });
      program.bind({ x: input, t: target });
      program.run();
      return this.#parameters.gradients;
    });
  }

  /** Tensors of the network's own, in the shapes of its parameters: what `numericalGradientOf` fills. */
  roomForGradients(): NamedTensors<string, D> {
    this.#checkOpen();
    return this.#parameters.numerical;
  }

  /**
   * An optimizer's state for this network. The caller disposes of it.
   *
   * @throws {OptionError} an invalid description
   */
  optimize(optimizer: Optimizer): OptimizerState<D> {
    this.#checkOpen();
    checkOptimizer(optimizer);
    const state = new OptimizerState(optimizer, this.#parameters.whole);
    this.#stateNumbers.set(state, this.#stateCount++);
    return state;
  }

  /**
   * One step of an optimizer on the loss of x and t. Arguments as for `loss`, but tensors.
   *
   * @param learningRate instead of the one that the optimizer's schedule gives
   * @throws {OptionError} the state is not one that this network's `optimize` made
   */
  step(state: OptimizerState<D>, x: TensorRows<D>, t: Tensor<D> | Tensor<"int32">, learningRate?: number): void {
    this.#checkOpen();
    const number = this.#stateNumbers.get(state);
    checkRows("step: x", x);
    checkInstance("step: t", "a Tensor", Tensor, t);
    if (learningRate !== undefined) checkType("step: learningRate", "number", learningRate);
    if (number === undefined) throw new OptionError("step: state", "one that this network's optimize made", state);
    const key = `${number} ${formOf(x)} ${formOf(t)}`;
    const step = this.#steps.get(key, () => {
      const [input, target] = [this.#argument(x), argument<DType>(this.engine, t, "t")];
      return this.trainingStep(state, { x: input, t: target, arguments: [input, target] });
    });
    step.program.bind({ x, t });
    step.run(learningRate);
  }

  /** A step whose examples come from expressions, such as the rows that indices name. The caller disposes of it. */
  trainingStep(state: OptimizerState<D>, source: StepSource<D>): TrainingStep<D> {
    checkInstance("trainingStep: state", "what optimize returned", OptimizerState, state);
    return new TrainingStep(state, source, this.#stepParts(source));
  }

  /** Steps whose gradient is that of several minibatches together. The caller disposes of it. */
  accumulation(state: OptimizerState<D>): Accumulation<D> {
    this.#checkOpen();
    checkInstance("accumulation: state", "what optimize returned", OptimizerState, state);
    return new Accumulation(state, {
      lossFunction: this.lossFunction,
      parameters: this.#parameters.valueGroup,
      gradients: () => this.#parameters.gradientGroup,
      partsOf: (source) => this.#stepParts(source),
    });
  }

  /**
   * The network's output for rows, for programs of one's own.
   *
   * @param parameters in place of the network's own, to differentiate by
   * @throws {OptionError} another mode than train and predict
   */
  forward(x: Value<D> | SparseMatrix<D>, mode: Mode, parameters: Named<Expression<D>> = this.#leaves()): Forward<D> {
    this.#checkOpen();
    if (mode !== "train" && mode !== "predict") throw new OptionError("forward: mode", "train or predict", mode);
    return forward(this.structure, expressionOf<D>(x), mode, {
      parameters,
      statistics: this.statistics,
      counter: this.counter,
    });
  }

  /** The network's loss of an output and targets: of tensors a number, of expressions an expression. */
  lossOf(z: Tensor<D>, t: Tensor<D> | Tensor<"int32">): number;
  lossOf(z: Expression<D>, t: Value): Expression<D>;
  lossOf(z: Value<D>, t: Value): number | Expression<D> {
    const loss = this.lossFunction;
    checkOutputs(loss, this.outputSize);
    if (!(z instanceof Tensor)) {
      const targets = expressionOf(t) as Expression<D>;
      return typeof loss === "function" ? loss(z, targets) : LOSSES[loss](z, targets);
    }
    if (typeof loss !== "function") return LOSSES[loss](z, t as Tensor<D>);
    const key = `loss of z ${formOf(z)} ${formOf(t as Tensor)}`;
    return this.#lossBy(key, { x: z, t: t as Tensor }, (output, targets) => this.lossOf(output, targets));
  }

  /** parameter ← parameter - learningRate · the gradient that `gradient` left. */
  descend(learningRate: number): void {
    checkType("descend: learningRate", "number", learningRate);
    this.#parameters.descend(learningRate);
  }

  /** Its dtype, sizes, loss and layers, and how many parameters it has. */
  override toString(): string {
    const layers = [...this.structure.layers.values()].flatMap(({ layer }) => {
      return recordIn(layer).inner ? [] : ["name" in layer ? layer.name : layer.kind];
    });
    const count = Object.values<Tensor>(this.parameters).reduce((sum, { size }) => sum + size, 0);
    return `${super.toString()}, ${count} parameters: ${layers.join(", ")}`;
  }

  /** Gives the memory back. A second call does nothing. */
  dispose(): void {
    this.#isDisposed = true;
    this.engine.watch?.end(this);
    this.#programs.dispose();
    this.#steps.dispose();
    this.#parameters.dispose();
    this.#statistics?.whole.dispose();
    this.counter?.dispose();
  }

  #stepParts(source: StepSource<D>): StepParts<D> {
    this.#checkOpen();
    checkType("source", "object", source);
    checkOptions<StepSource<D>>("source", source, { x: 1, t: 1, into: 1, arguments: 1, keepsLogits: 1, weights: 1 });
    const { x, t, weights } = source;
    const result = this.forward(x, "train");
    return {
      parameters: this.#parameters.valueGroup,
      gradients: () => this.#parameters.gradientGroup,
      leaves: this.#leaves(),
      forward: result,
      loss: (weights?.lossOf(this.lossFunction, result.z, t) as Expression<D> | undefined) ?? this.lossOf(result.z, t),
      counter: this.counter,
    };
  }

  #leaves(): Named<Expression<D>> {
    this.#leafCache ??= Object.fromEntries(
      Object.entries<Tensor<D>>(this.parameters).map(([name, value]) => [name, expressionOf(value)]),
    );
    return this.#leafCache;
  }

  /** One leaf for each parameter, which gradients are asked for by. */
  #leafCache: Named<Expression<D>> | undefined;

  #gradient(name: string): Tensor<D> {
    return this.#parameters.gradients[name] as Tensor<D>;
  }

  /** A placeholder for rows of the shape of x; sparse ones may be of any width. */
  #argument(x: TensorRows<D>): Expression<D> {
    const { dtype, shape } = x;
    return argument(
      this.engine,
      { dtype, shape, maxRowNonzeros: x instanceof SparseMatrix ? shape[1] : undefined },
      "x",
    );
  }

  #program(key: string, compiled: () => Program<string>): Program<string> {
    this.#checkOpen();
    return this.#programs.get(key, compiled);
  }

  /** A loss that is a function, by the program for tensors of these shapes. */
  #lossBy(
    key: string,
    given: { readonly x: TensorRows<D>; readonly t: Tensor },
    built: (x: Expression<D>, t: Expression) => Expression<D>,
  ): number {
    const program = this.#program(key, () => {
      const [x, t] = [this.#argument(given.x), argument<DType>(this.engine, given.t, "t")];
      return compile({ loss: built(x, t) }, { arguments: [x, t] });
    });
    program.bind(given);
    program.run();
    return program.outputs["loss"]?.data[0] ?? Number.NaN;
  }

  #checkOpen(): void {
    if (this.#isDisposed) throw new DisposedError(this.#describe(), "use");
  }

  #describe(): string {
    return `network ${this.inputSize}-…-${this.outputSize}`;
  }

  #with<R>(
    x: Examples<D> | SparseMatrix<D>,
    t: Targets<D>,
    compute: (x: TensorRows<D>, t: Tensor<D> | Tensor<"int32">) => R,
  ): R {
    this.#checkOpen();
    const form = { inputSize: this.inputSize, outputSize: this.outputSize, dtype: this.dtype };
    return withTensors(this.engine, { x, t }, form, compute);
  }
}

function shapesOf(structure: Structure, role: "parameters" | "statistics"): Record<string, Shape> {
  return Object.fromEntries(tensorsIn(structure, role).map(([name, { shape }]) => [name, shape]));
}
