/**
 * Optimizers of one's own, from operations. One step on each parameter w, of gradient g, clipped where that is asked for:
 *
 *   d = g + λw                      where weight decay is added to the gradient, else d = g
 *   w' = (1 - ηλ)w                  where weight decay acts on the parameters, else w' = w
 *   w, averages ← update(w', d, averages, hyperparameters, η, step)
 *
 * All parameters' updates are one program, which a training step runs after its gradients are there.
 */
import { checkRecord, checkType } from "../../arguments.ts";
import { flopsOf } from "../../autodiff/describe.ts";
import { compile, type Program } from "../../autodiff/program.ts";
import { OptionError } from "../../errors.ts";
import { isWithin } from "../../interval.ts";
import { add, mul, sub } from "../../ops/binary.ts";
import { effect } from "../../ops/update.ts";
import { checkOptions, type KeysOf } from "../../options.ts";
import { type Expression, expressionOf } from "../../tensor/expression.ts";
import { type TensorGroup, tensorGroup } from "../../tensor/group.ts";
import { isSameShape } from "../../tensor/layout.ts";
import type { Operation } from "../../tensor/operation.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { bytesPerElement, type FloatType } from "../../wasm/dtype.ts";
import { type CustomKind, checkKind } from "../layers/record.ts";
import {
  type CustomOptimizer,
  checkNumbers,
  described,
  type Hyperparameter,
  keysOf,
  type Memory,
  type OptimizerRecord,
  type Rule,
  type UpdateOptions,
  withRecord,
} from "./record.ts";

/** What `update` has to work with: of one parameter, in the network's dtype. */
export type UpdateOperands<Name extends string = string, Average extends string = string> = {
  /** The parameter before the step. */
  readonly parameter: Expression<FloatType>;
  /** ∂loss/∂parameter, clipped where that was asked for. */
  readonly gradient: Expression<FloatType>;
  /** Of the parameter's shape; 0 before the first step. */
  readonly averages: { readonly [A in Average]: Expression<FloatType> };
  /** Single numbers. */
  readonly hyperparameters: { readonly [N in Name]: Expression<FloatType> };
  /** The learning rate of this step, a single number. */
  readonly learningRate: Expression<FloatType>;
  /** 1, 2, …: a single number, of which float32 counts to 2^24. */
  readonly step: Expression<FloatType>;
};

/** An optimizer of one's own. */
export type OptimizerDefinition<Name extends string = string, Average extends string = string> = {
  /** What files call it: a name of yours, a slash, and a name, such as `acme/lion`. */
  readonly kind: CustomKind;
  /** Of what every optimizer has: where they are left out, the learning rate is 0.001 and weight decay 0. */
  readonly defaults?: { readonly learningRate?: number; readonly weightDecay?: number };
  /** What λ acts on. Default: λw is added to the gradient; `parameter`: w is multiplied by 1 - ηλ first, as AdamW does. */
  readonly weightDecayOf?: "gradient" | "parameter";
  /** Its numbers, which its function takes as options. */
  readonly hyperparameters?: { readonly [N in Name]: Hyperparameter };
  /** What it remembers of each parameter from step to step. */
  readonly averages?: readonly Average[];
  /** The parameter and the averages after a step. Called when a network is trained, once for each of its parameters. */
  readonly update: (operands: UpdateOperands<Name, Average>) => {
    readonly parameter: Expression<FloatType>;
    readonly averages?: { readonly [A in Average]: Expression<FloatType> };
  };
};

/** What `defineOptimizer` gives: makes descriptions, as `adam` does. */
export type OptimizerFunction<Name extends string = never> = (
  options?: Partial<UpdateOptions> & { readonly [N in Name]?: number },
) => CustomOptimizer;

/**
 * An optimizer of one's own. Its descriptions are data, as those of the library's optimizers; readers of files and workers
 * take it as `optimizers: [lion]`.
 *
 * @returns the function that describes it with its options
 * @throws {OptionError} a kind without a slash, or names, numbers or ranges that do not fit
 * @example
 * const signSgd = defineOptimizer({
 *   kind: "acme/sign-sgd",
 *   defaults: { learningRate: 1e-4 },
 *   update({ parameter, gradient, learningRate }) {
 *     const sign = sub(greater(gradient, 0), greater(0, gradient));
 *     return { parameter: sub(parameter, mul(learningRate, sign)) };
 *   },
 * });
 * await train(net, mnist.train, { epochs: 1, optimizer: signSgd({ clipNorm: 1 }) });
 */
export function defineOptimizer<Name extends string = never, Average extends string = never>(
  definition: OptimizerDefinition<Name, Average>,
): OptimizerFunction<Name> {
  checkDefinition(definition as OptimizerDefinition);
  const { kind, defaults, hyperparameters = {}, averages = [] } = definition;
  const record: OptimizerRecord<CustomOptimizer> = {
    kind,
    defaults: { learningRate: 1e-3, ...defaults },
    hyperparameters,
    averages: averages.map((name) => `${kind}/${name}`),
    begin: (optimizer, memory) => begin(definition as OptimizerDefinition, optimizer, memory),
  };
  return withRecord((options?: Partial<UpdateOptions>) => described(record, options), record as never);
}

/** The operation of a step, whose program updates all parameters. */
function begin<D extends FloatType>(
  { kind, hyperparameters = {}, averages = [], weightDecayOf, update }: OptimizerDefinition,
  optimizer: CustomOptimizer,
  memory: Memory<D>,
): Rule<D> {
  const { engine, dtype, pointer } = memory.parameters;
  const names = Object.keys(hyperparameters);
  const shapes = Object.fromEntries(["learningRate", "step", ...names].map((name) => [name, []]));
  const numbers = tensorGroup(engine, shapes, dtype, { name: "hyperparameters" });
  const single = (name: string): Tensor<D> => numbers.parts[name] as Tensor<D>;
  for (const name of names) single(name).data[0] = optimizer[name] as number;
  const [rate, step] = [single("learningRate"), single("step")];
  const [learningRate, hyper] = [expressionOf(rate), expressionsOf(names, single)];
  const { weightDecay = 0 } = optimizer;
  const isDecoupled = weightDecayOf === "parameter";

  const valuesAfter = (w: Tensor<D>, g: Tensor<D>): [Expression, Tensor<D>][] => {
    const at = (w.pointer - pointer) / bytesPerElement(dtype);
    const [parameter, gradient] = [expressionOf(w), expressionOf(g)];
    const own = Object.fromEntries(
      averages.map((name, i) => [name, (memory.averages[i] as Tensor<D>).part(at, w.shape, name)]),
    );
    const isDecayed = weightDecay !== 0;
    const result = update({
      parameter: isDecayed && isDecoupled ? mul(parameter, sub(1, mul(learningRate, weightDecay))) : parameter,
      gradient: isDecayed && !isDecoupled ? add(gradient, mul(parameter, weightDecay)) : gradient,
      averages: expressionsOf(averages, (name) => own[name] as Tensor<D>),
      hyperparameters: hyper,
      learningRate,
      step: expressionOf(step),
    });
    checkResult(kind, result, averages, w);
    return [[result.parameter, w], ...averages.map((name) => [result.averages?.[name], own[name]] as never)];
  };

  const programs = new Map<Tensor, Program>();
  const programOf = (parameters: TensorGroup<string, D>, gradients: TensorGroup<string, D>): Program => {
    const program =
      programs.get(gradients.whole) ??
      compile(
        {},
        {
          into: Object.entries<Tensor<D>>(parameters.parts).flatMap(([name, w]) =>
            valuesAfter(w, gradients.parts[name] as Tensor<D>),
          ),
        },
      );
    programs.set(gradients.whole, program);
    return program;
  };

  return {
    advance(hyperparameters, count) {
      rate.data[0] = hyperparameters[0] ?? 0;
      step.data[0] = count;
    },
    update(parameters, gradients) {
      const operation = running(kind, programOf(parameters, gradients), averages.length);
      return effect(operation, parameters.whole, [gradients.whole, ...memory.averages], {});
    },
    dispose() {
      for (const program of programs.values()) program.dispose();
      numbers.whole.dispose();
    },
  };
}

/** An effect that runs a program of its own, on the first operand and those behind the second. */
function running(name: string, program: Program, averages: number): Operation {
  return {
    name,
    spec: ([w]) => w as Expression,
    bind: () => [() => program.run()],
    changes: 0,
    alsoChanges: Array.from({ length: averages }, (_, i) => 2 + i),
    flops: () => program.instructions.reduce((sum, node) => sum + flopsOf(node), 0),
  };
}

function expressionsOf<D extends FloatType>(
  names: readonly string[],
  of: (name: string) => Tensor<D>,
): Record<string, Expression<FloatType>> {
  return Object.fromEntries(names.map((name) => [name, expressionOf(of(name))]));
}

const DEFINITION: KeysOf<OptimizerDefinition> = {
  ...{ kind: 1, defaults: 1, weightDecayOf: 1, hyperparameters: 1, averages: 1, update: 1 },
};

/** @throws {OptionError} a definition that cannot be followed or read from files */
function checkDefinition(definition: OptimizerDefinition): void {
  const op = "defineOptimizer";
  checkType(op, "object", definition);
  checkOptions<OptimizerDefinition>(op, definition, DEFINITION);
  const { kind, defaults = {}, weightDecayOf, hyperparameters = {}, averages = [], update } = definition;
  checkKind(`${op}: kind`, kind);
  checkOptions<typeof defaults>(`${op}: defaults`, defaults, { learningRate: 1, weightDecay: 1 });
  checkNumbers({ kind: `${op}: defaults`, hyperparameters: {} }, { learningRate: 0, ...defaults });
  if (weightDecayOf !== undefined && weightDecayOf !== "gradient" && weightDecayOf !== "parameter")
    throw new OptionError(`${op}: weightDecayOf`, "gradient or parameter", weightDecayOf);
  checkType(`${op}: update`, "function", update);
  checkHyperparameters(`${op}: hyperparameters`, hyperparameters);
  if (!Array.isArray(averages) || new Set(averages).size !== averages.length)
    throw new OptionError(`${op}: averages`, "an array of names, each once", averages);
  for (const [i, name] of averages.entries()) checkName(`${op}: averages[${i}]`, name);
}

function checkHyperparameters(option: string, hyperparameters: Readonly<Record<string, unknown>>): void {
  checkRecord(option, hyperparameters);
  const taken = { ...keysOf({ hyperparameters: {} }), step: 1 };
  for (const [name, value] of Object.entries(hyperparameters)) {
    checkName(option, name);
    if (Object.hasOwn(taken, name))
      throw new OptionError(option, `names other than ${Object.keys(taken).join(", ")}`, name);
    checkRecord(`${option}.${name}`, value, "a default and a range");
    checkOptions<Hyperparameter>(`${option}.${name}`, value, { default: 1, range: 1 });
    const { default: standard, range } = value as Partial<Hyperparameter>;
    if (typeof range !== "string" || !INTERVAL.test(range))
      throw new OptionError(`${option}.${name}: range`, "an interval, such as [0, 1)", range);
    if (!isWithin(standard, range))
      throw new OptionError(`${option}.${name}: default`, `a number in ${range}`, standard);
  }
}

const INTERVAL = /* @__PURE__ */ interval("(?:\\d+(?:\\.\\d*)?(?:e[+-]?\\d+)?|∞)");

function interval(number: string): RegExp {
  return new RegExp(`^[[(]-?${number}, -?${number}[\\])]$`);
}

function checkName(option: string, name: unknown): void {
  if (typeof name !== "string" || !/^\w+$/.test(name) || name in Object.prototype)
    throw new OptionError(option, "names of letters, digits and _", name);
}

/** @throws {OptionError} not the parameter and every average, each in its shape and dtype */
function checkResult(
  kind: string,
  result: { readonly parameter: Expression; readonly averages?: Readonly<Record<string, Expression>> },
  averages: readonly string[],
  { dtype, shape }: Tensor,
): void {
  checkType(`${kind}: update(…)`, "object", result);
  checkOptions<typeof result>(`${kind}: update(…)`, result, { parameter: 1, averages: 1 });
  const keys = Object.fromEntries(averages.map((name) => [name, 1 as const]));
  checkOptions<object>(`${kind}: update(…): averages`, result.averages, keys);
  const values = {
    parameter: result.parameter,
    ...Object.fromEntries(averages.map((name) => [name, result.averages?.[name]])),
  };
  for (const [name, value] of Object.entries<unknown>(values)) {
    const { dtype: found, shape: size } = (value ?? {}) as Partial<Expression>;
    if (found === dtype && size !== undefined && isSameShape(size, shape)) continue;
    throw new OptionError(`${kind}: update(…): ${name}`, `an expression of ${dtype} [${shape.join(", ")}]`, value);
  }
}
