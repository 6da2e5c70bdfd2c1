/** Optimizers of one's own next to their formulas in float64; their files, and what is refused. */
import * as assert from "uvu/assert";
import { OptionError, ShapeError } from "../../src/errors.ts";
import { tanh } from "../../src/nn/layers/activations.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import { rateOf } from "../../src/nn/learning_rate.ts";
import { type Network, network } from "../../src/nn/network.ts";
import { adam } from "../../src/nn/optimizers/adam.ts";
import { defineOptimizer, type OptimizerDefinition, type UpdateOperands } from "../../src/nn/optimizers/custom.ts";
import { parseOptimizer } from "../../src/nn/optimizers/known.ts";
import type { Optimizer } from "../../src/nn/optimizers/record.ts";
import { sgd } from "../../src/nn/optimizers/sgd.ts";
import { schedule } from "../../src/nn/schedules.ts";
import { add, div, mul, sub } from "../../src/ops/binary.ts";
import { exp, log, sqrt, square } from "../../src/ops/elementwise.ts";
import { sum } from "../../src/ops/sum.ts";
import { constant, type Expression } from "../../src/tensor/expression.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";
import { assertSame, assertWithin } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { FLOATS, reals } from "../support/floats.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { lion } from "../support/lion.ts";
import { assertThrows } from "../support/throws.ts";

const engine = await loadEngine();
const test = leakFreeSuite("custom optimizers", engine);
const TOLERANCE = { float64: 1e-12, float32: 1e-5 } as const;
const STEPS = 10;

/** Adam, whose corrections are made from the step. */
const ownAdam = defineOptimizer({
  kind: "test/adam",
  hyperparameters: {
    beta1: { default: 0.8, range: "[0, 1)" },
    beta2: { default: 0.95, range: "[0, 1)" },
    epsilon: { default: 1e-3, range: "[0, ∞)" },
  },
  averages: ["mean", "squares"],
  update({ parameter, gradient, averages, hyperparameters: { beta1, beta2, epsilon }, learningRate, step }) {
    const mean = add(mul(beta1, averages.mean), mul(sub(1, beta1), gradient));
    const squares = add(mul(beta2, averages.squares), mul(sub(1, beta2), square(gradient)));
    const [c1, c2] = [beta1, beta2].map((beta) => sub(1, exp(mul(step, log(beta)))));
    const direction = div(div(mean, c1!), add(sqrt(div(squares, c2!)), epsilon));
    return { parameter: sub(parameter, mul(learningRate, direction)), averages: { mean, squares } };
  },
});

/** A step of a given length for each parameter: its shape matters, and what lies between parameters does not. */
const unit = defineOptimizer({
  kind: "test/unit",
  update: ({ parameter, gradient, learningRate }) => ({
    parameter: sub(parameter, mul(learningRate, div(gradient, sqrt(sum(square(gradient)))))),
  }),
});

/** One parameter after a step, from its gradient; `memory` is there for what a formula remembers. */
type Rule = (
  w: readonly number[],
  g: readonly number[],
  memory: number[],
  at: { readonly rate: number; readonly weightDecay: number },
) => number[];

const LION: Rule = (w, g, memory, { rate, weightDecay }) =>
  w.map((value, i) => {
    const before = memory[i] ?? 0;
    memory[i] = 0.99 * before + 0.01 * g[i]!;
    return value - rate * (Math.sign(0.9 * before + 0.1 * g[i]!) + weightDecay * value);
  });

const UNIT: Rule = (w, g, _, { rate, weightDecay }) => {
  const d = g.map((value, i) => value + weightDecay * w[i]!);
  const norm = Math.sqrt(d.reduce((total, value) => total + value * value, 0));
  return w.map((value, i) => value - (rate * d[i]!) / norm);
};

/** Three numbers to two classes. */
function small<D extends FloatType>(dtype: D): Network<D> {
  return network(engine, sequential(dense(3, 5, { weights: { std: 1 } }), tanh(), dense(5, 2)), { seed: 3, dtype });
}

class Examples<D extends FloatType> {
  readonly x: Tensor<D>;
  readonly t: Tensor<"int32">;

  constructor(dtype: D) {
    this.x = tensor(engine, reals(15, 7, dtype), { dtype, shape: [5, 3], name: "x" });
    this.t = tensor(engine, Int32Array.of(0, 1, 0, 1, 0));
  }

  [Symbol.dispose](): void {
    this.x.dispose();
    this.t.dispose();
  }
}

function listsOf(tensors: Readonly<Record<string, Tensor>>): number[][] {
  return Object.values(tensors).map(({ data }) => [...data]);
}

/** Steps next to a formula; `changed` is done to gradients before the formula sees them. */
function compare(
  dtype: FloatType,
  optimizer: Optimizer,
  rule: Rule,
  changed = (gradients: number[][]): number[][] => gradients,
): void {
  using net = small(dtype);
  using examples = new Examples(dtype);
  using state = net.optimize(optimizer);
  const want = listsOf(net.parameters);
  const memories = want.map((): number[] => []);
  const { weightDecay = 0 } = optimizer;
  for (let t = 0; t < STEPS; t++) {
    const gradients = changed(listsOf(net.gradient(examples.x, examples.t)));
    const rate = rateOf(optimizer.learningRate, t);
    for (const [i, w] of want.entries()) want[i] = rule(w, gradients[i]!, memories[i]!, { rate, weightDecay });
    net.step(state, examples.x, examples.t);
    assertWithin(listsOf(net.parameters).flat(), want.flat(), () => 8 * TOLERANCE[dtype], `step ${t}`);
  }
}

for (const dtype of FLOATS) {
  test(`Lion and steps of one length are those of their formulas, ${dtype}`, () => {
    const learningRate = schedule({ kind: "step", rate: 0.1, every: 3, factor: 0.5 });
    for (const options of [{}, { learningRate }, { learningRate: 0.2, weightDecay: 0 }, { weightDecay: 0.3 }]) {
      compare(dtype, lion(options), LION);
      compare(dtype, unit(options), UNIT);
    }
  });

  test(`gradients are clipped as for the library's optimizers, ${dtype}`, () => {
    const [clipValue, clipNorm] = [0.05, 0.1];
    const changed = (gradients: number[][]) => {
      const cut = gradients.map((g) => g.map((value) => Math.min(Math.max(value, -clipValue), clipValue)));
      const norm = Math.sqrt(cut.flat().reduce((total, value) => total + value * value, 0));
      return cut.map((g) => g.map((value) => value * Math.min(1, clipNorm / norm)));
    };
    compare(dtype, lion({ clipValue, clipNorm }), LION, changed);
    compare(dtype, unit({ clipValue, clipNorm }), UNIT, changed);
  });

  test(`Adam from operations makes the steps of adam, ${dtype}`, () => {
    const options = { learningRate: 0.05, weightDecay: 0.1, clipNorm: 0.5 };
    const weights = [ownAdam(options), adam({ ...options, beta1: 0.8, beta2: 0.95, epsilon: 1e-3 })].map(
      (optimizer) => {
        using net = small(dtype);
        using examples = new Examples(dtype);
        using state = net.optimize(optimizer);
        for (let i = 0; i < STEPS; i++) net.step(state, examples.x, examples.t);
        return listsOf(net.parameters).flat();
      },
    );
    assertWithin(weights[0]!, weights[1]!, () => 10 * TOLERANCE[dtype], "weights");
  });

  test(`several sizes of minibatches, and accumulated gradients, share one state, ${dtype}`, () => {
    using net = small(dtype);
    using other = small(dtype);
    using examples = new Examples(dtype);
    using state = net.optimize(lion());
    using half = tensor(engine, reals(6, 7, dtype), { dtype, shape: [2, 3] });
    using labels = tensor(engine, Int32Array.of(0, 1));
    net.step(state, examples.x, examples.t);
    net.step(state, half, labels);
    net.step(state, examples.x, examples.t);
    assert.is(state.step, 3);

    using accumulated = other.optimize(lion());
    using accumulation = other.accumulation(accumulated);
    for (const [x, t] of [
      [examples.x, examples.t] as const,
      [half, labels] as const,
      [examples.x, examples.t] as const,
    ]) {
      const part = accumulation.part({ x: x as never, t: t as never });
      part.run();
      accumulation.update();
      part.dispose();
    }
    assertWithin(
      listsOf(other.parameters).flat(),
      listsOf(net.parameters).flat(),
      () => TOLERANCE[dtype],
      "one minibatch in each update",
    );
  });
}

test("what update returns as it was stays as it was", () => {
  const idle = defineOptimizer({
    kind: "test/idle",
    averages: ["kept"],
    update: ({ parameter, averages }) => ({ parameter, averages }),
  });
  using net = small("float32");
  using examples = new Examples("float32");
  using state = net.optimize(idle());
  const before = listsOf(net.parameters).flat();
  state.averages[0]!.data.fill(3);
  net.step(state, examples.x, examples.t);
  assertSame(listsOf(net.parameters).flat(), before, "parameters");
  assert.ok(state.averages[0]!.data.every((value) => value === 3));
});

test("descriptions are data, whose kind tells them apart", () => {
  const optimizer = lion({ learningRate: 0.5, beta1: 0.7, clipNorm: 1 });
  const want = { kind: "acme/lion", beta1: 0.7, beta2: 0.99, learningRate: 0.5, weightDecay: 0.1, clipNorm: 1 };
  assert.equal(JSON.parse(JSON.stringify(optimizer)), want);
  assert.equal(parseOptimizer(want, { optimizers: [lion] }), optimizer);
  const any: Optimizer = [adam(), optimizer][0] as Optimizer;
  if (any.kind === "adam") assert.is(any.beta1 satisfies number, 0.9);
  else assert.unreachable();
});

test("where its function is missing, the error says how to pass it", () => {
  const json: unknown = JSON.parse(JSON.stringify(lion()));
  const { message } = assertThrows(() => parseOptimizer(json), OptionError, "missing");
  assert.match(message, /found "acme\/lion"; pass what defineOptimizer returned for it: parseOptimizer\(json, \{ opt/);
  for (const bad of [[adam], [lion()], [undefined], ["acme/lion"], lion]) {
    const refused = () => parseOptimizer(json, { optimizers: bad as never });
    assert.match(assertThrows(refused, OptionError, `${bad}`).option, /^parseOptimizer: optimizers/);
  }
  for (const numbers of [{ beta1: 1 }, { beta1: undefined }, { beta3: 0.5 }, { learningRate: "fast" }]) {
    const bad = { ...(json as object), ...numbers };
    assertThrows(() => parseOptimizer(bad, { optimizers: [lion] }), OptionError, JSON.stringify(numbers));
  }
  assert.is(assertThrows(() => lion({ beta1: 1 }), OptionError, "1").option, "acme/lion: beta1");
});

test("definitions that cannot be followed are refused by what is wrong", () => {
  const good: OptimizerDefinition = { kind: "a/b", update: ({ parameter }) => ({ parameter }) };
  const of = (range: string, standard = 0.5) => ({ hyperparameters: { beta: { default: standard, range } } });
  for (const [wrong, option] of [
    ...["adam", "", "/", "a/", "/b", "a/b/c", 3, undefined].map((kind) => [{ kind }, ": kind"] as const),
    [{ update: undefined }, ": update"],
    [{ weightDecayOf: "both" }, ": weightDecayOf"],
    [{ defaults: { learningRate: Number.NaN } }, ": defaults: learningRate"],
    [{ defaults: { weightDecay: -1 } }, ": defaults: weightDecay"],
    [{ defaults: { momentum: 1 } }, ": defaults: momentum"],
    ...["[0, 1", "0, 1", "[0,1]", "[a, 1]", "[, 1]", "[0, 1, 2]", ""].map(
      (range) => [of(range), ": hyperparameters.beta: range"] as const,
    ),
    [of("[0, 1)", 1), ": hyperparameters.beta: default"],
    [of("(0, 1)", 0), ": hyperparameters.beta: default"],
    [of("[1, 0]"), ": hyperparameters.beta: default"],
    [{ hyperparameters: { beta: 0.5 } }, ": hyperparameters.beta"],
    ...["learningRate", "weightDecay", "clipNorm", "kind", "step", "a b", "constructor", ""].map(
      (name) => [{ hyperparameters: { [name]: { default: 0, range: "[0, 1)" } } }, ": hyperparameters"] as const,
    ),
    [{ averages: ["m", "m"] }, ": averages"],
    [{ averages: ["m", "a/b"] }, ": averages[1]"],
    [{ averages: ["constructor"] }, ": averages[0]"],
    [{ step: 1 }, ": step"],
  ] as const) {
    const error = assertThrows(
      () => defineOptimizer({ ...good, ...wrong } as never),
      OptionError,
      JSON.stringify(wrong),
    );
    assert.is(error.option, `defineOptimizer${option}`);
  }
  defineOptimizer({ ...good, ...of("(-∞, ∞)", -7) } as never);
  defineOptimizer({ ...good, ...of("[-1.5, 1e-3]", -1.5) } as never);
});

test("what update returns is checked when a step is compiled, and nothing is left allocated", () => {
  using net = small("float32");
  using examples = new Examples("float32");
  const one = constant(engine, 1, "float32");
  const double = constant(engine, 1, "float64");
  const cases: readonly (readonly [of: (w: Expression<FloatType>) => unknown, what: string])[] = [
    [() => undefined, "update(…)"],
    [() => ({}), "parameter"],
    [() => ({ parameter: one, averages: { m: one } }), "parameter"],
    [() => ({ parameter: double, averages: { m: one } }), "parameter"],
    [(parameter) => ({ parameter }), "m"],
    [(parameter) => ({ parameter, averages: { m: one } }), "m"],
    [(parameter) => ({ parameter, averages: { m: 1 } }), "m"],
    [(parameter) => ({ parameter, averages: { m: parameter, n: parameter } }), "n"],
    [(parameter) => ({ parameter, averages: { m: parameter }, loss: one }), "loss"],
  ];
  for (const [result, what] of cases) {
    const update = ({ parameter }: UpdateOperands) => result(parameter) as never;
    using state = net.optimize(defineOptimizer({ kind: "test/wrong", averages: ["m"], update })());
    const { option } = assertThrows(() => net.step(state, examples.x, examples.t), OptionError, what);
    assert.ok(option.startsWith("test/wrong: update(…)") && option.endsWith(what), option);
  }
  const broken = defineOptimizer({
    kind: "test/broken",
    update() {
      throw new ShapeError("own", "x", "a", "b");
    },
  });
  using unready = net.optimize(broken());
  assertThrows(() => net.step(unready, examples.x, examples.t), ShapeError, "its own error");
  using plain = net.optimize(sgd());
  net.step(plain, examples.x, examples.t);
});

test.run();
