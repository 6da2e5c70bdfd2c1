/** Steps of every optimizer on a network, beside its formulas in float64, written as papers and as PyTorch write them. */
import * as assert from "uvu/assert";
import { OptionError } from "../../src/errors.ts";
import * as lanegrad from "../../src/index.ts";
import type { Interval } from "../../src/interval.ts";
import { tanh } from "../../src/nn/layers/activations.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import { rateOf } from "../../src/nn/learning_rate.ts";
import { type Network, network } from "../../src/nn/network.ts";
import { adaGrad } from "../../src/nn/optimizers/ada_grad.ts";
import { adam, adamW } from "../../src/nn/optimizers/adam.ts";
import { builtInOptimizers, parseOptimizer } from "../../src/nn/optimizers/known.ts";
import { momentum, nesterov } from "../../src/nn/optimizers/momentum.ts";
import type {
  Hyperparameter,
  Optimizer,
  OptimizerOf,
  OptimizerRecord,
  UpdateOptions,
} from "../../src/nn/optimizers/record.ts";
import { rmsProp } from "../../src/nn/optimizers/rms_prop.ts";
import { sgd } from "../../src/nn/optimizers/sgd.ts";
import { schedule } from "../../src/nn/schedules.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";
import { assertSame, assertWithin } from "../support/compare.ts";
import { BUILD, loadEngine } from "../support/engine.ts";
import { EPS, FLOATS, reals } from "../support/floats.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { KINDS, type OptimizerKind, optimizerOf } from "../support/optimizers.ts";
import { assertThrows } from "../support/throws.ts";

const engine = await loadEngine();
const test = leakFreeSuite("optimizers", engine);
const TOLERANCE = { float64: 1e-12, float32: 1e-5 } as const;
const STEPS = 10;

/** What a formula remembers of one parameter. */
type Memory = { v: number; m: number };
/** The parameter after step t = 1, 2, … */
type Rule<K extends OptimizerKind> = (
  w: number,
  g: number,
  memory: Memory,
  at: { readonly t: number; readonly rate: number; readonly optimizer: OptimizerOf<K> },
) => number;
type Rules = { readonly [K in OptimizerKind]: Rule<K> };

/** As the papers have them. */
const PUBLISHED: Rules = {
  sgd: (w, g, _, { rate, optimizer: { weightDecay = 0 } }) => w - rate * (g + weightDecay * w),
  momentum(w, g, memory, { rate, optimizer: { momentum, weightDecay = 0 } }) {
    memory.v = momentum * memory.v - rate * (g + weightDecay * w);
    return w + memory.v;
  },
  nesterov(w, g, memory, { rate, optimizer: { momentum, weightDecay = 0 } }) {
    // Bengio et al. 2012, equation 7: the parameter is the point at which the gradient is taken.
    const before = memory.v;
    memory.v = momentum * before - rate * (g + weightDecay * w);
    return w - momentum * before + (1 + momentum) * memory.v;
  },
  adaGrad(w, g, memory, { rate, optimizer: { epsilon, weightDecay = 0 } }) {
    const d = g + weightDecay * w;
    memory.v += d ** 2;
    return w - (rate * d) / (Math.sqrt(memory.v) + epsilon);
  },
  rmsProp(w, g, memory, { rate, optimizer: { decay, epsilon, weightDecay = 0 } }) {
    const d = g + weightDecay * w;
    memory.v = decay * memory.v + (1 - decay) * d ** 2;
    return w - (rate * d) / (Math.sqrt(memory.v) + epsilon);
  },
  adam: (w, g, memory, { t, rate, optimizer }) => {
    return w - rate * adamDirection(g + (optimizer.weightDecay ?? 0) * w, memory, t, optimizer);
  },
  adamW: (w, g, memory, { t, rate, optimizer }) => {
    return w - rate * adamDirection(g, memory, t, optimizer) - rate * (optimizer.weightDecay ?? 0) * w;
  },
};

function adamDirection(
  d: number,
  memory: Memory,
  t: number,
  { beta1, beta2, epsilon }: { readonly beta1: number; readonly beta2: number; readonly epsilon: number },
): number {
  memory.m = beta1 * memory.m + (1 - beta1) * d;
  memory.v = beta2 * memory.v + (1 - beta2) * d ** 2;
  const mean = memory.m / (1 - beta1 ** t);
  const square = memory.v / (1 - beta2 ** t);
  return mean / (Math.sqrt(square) + epsilon);
}

/** As the pages of torch.optim have them; the first momentum is the gradient itself. */
const PYTORCH: Rules = {
  sgd: (w, g, _, { rate, optimizer: { weightDecay = 0 } }) => w - rate * (g + weightDecay * w),
  momentum(w, g, memory, { t, rate, optimizer: { momentum, weightDecay = 0 } }) {
    const d = g + weightDecay * w;
    memory.v = t > 1 ? momentum * memory.v + d : d;
    return w - rate * memory.v;
  },
  nesterov(w, g, memory, { t, rate, optimizer: { momentum, weightDecay = 0 } }) {
    const d = g + weightDecay * w;
    memory.v = t > 1 ? momentum * memory.v + d : d;
    return w - rate * (d + momentum * memory.v);
  },
  adaGrad: PUBLISHED.adaGrad,
  rmsProp: PUBLISHED.rmsProp,
  adam: (w, g, memory, { t, rate, optimizer }) => {
    return w + torchAdam(g + (optimizer.weightDecay ?? 0) * w, memory, { t, rate }, optimizer);
  },
  adamW: (w, g, memory, { t, rate, optimizer }) => {
    return w * (1 - rate * (optimizer.weightDecay ?? 0)) + torchAdam(g, memory, { t, rate }, optimizer);
  },
};

function torchAdam(
  d: number,
  memory: Memory,
  { t, rate }: { readonly t: number; readonly rate: number },
  { beta1, beta2, epsilon }: { readonly beta1: number; readonly beta2: number; readonly epsilon: number },
): number {
  memory.m += (d - memory.m) * (1 - beta1);
  memory.v = memory.v * beta2 + d * d * (1 - beta2);
  const [correction1, correction2] = [1 - beta1 ** t, 1 - beta2 ** t];
  return -(rate / correction1) * (memory.m / (Math.sqrt(memory.v) / Math.sqrt(correction2) + epsilon));
}

/** Numbers that are in no such interval. */
const OUTSIDE: { readonly [range in Interval]?: readonly number[] } = { "[0, 1)": [-1e-9, 1], "[0, ∞)": [-1e-9] };

const OPTIMIZERS = KINDS.map((kind) => [kind, (options: UpdateOptions) => optimizerOf(kind, options)] as const);

/** Five rows of three numbers, and labels of two classes. */
class Examples<D extends FloatType> {
  readonly x: Tensor<D>;
  readonly t: Tensor<"int32">;

  constructor(dtype: D, rows = 5) {
    this.x = tensor(engine, reals(rows * 3, 7, dtype), { dtype, shape: [rows, 3], name: "x" });
    this.t = tensor(
      engine,
      Int32Array.from({ length: rows }, (_, i) => i % 2),
    );
  }

  [Symbol.dispose](): void {
    this.x.dispose();
    this.t.dispose();
  }
}

/** 3-5-2, whose parts do not fill vectors. */
function small<D extends FloatType>(dtype: D): Network<D> {
  return network(engine, sequential(dense(3, 5, { weights: { std: 1 } }), tanh(), dense(5, 2)), { seed: 3, dtype });
}

function valuesOf(tensors: Readonly<Record<string, Tensor>>): number[] {
  return Object.values(tensors).flatMap(({ data }) => [...data]);
}

function normOf(values: readonly number[]): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}

/** Steps of a network beside a formula; `changed` is done to gradients before the formula sees them. */
function compare<D extends FloatType>(
  dtype: D,
  optimizer: Optimizer,
  { rules, changed = (g) => g }: { readonly rules: Rules; readonly changed?: (g: number[]) => number[] },
): void {
  using net = small(dtype);
  using examples = new Examples(dtype);
  using state = net.optimize(optimizer);
  const want = valuesOf(net.parameters);
  const reach = want.map(Math.abs);
  const memories = want.map(() => ({ v: 0, m: 0 }));
  const rule = rules[optimizer.kind as OptimizerKind] as Rule<OptimizerKind>;
  for (let t = 1; t <= STEPS; t++) {
    const gradient = changed(valuesOf(net.gradient(examples.x, examples.t)));
    const rate = rateOf(optimizer.learningRate, t - 1);
    for (const [i, w] of want.entries()) {
      want[i] = rule(w, gradient[i]!, memories[i]!, { t, rate, optimizer: optimizer as never });
      reach[i]! += Math.abs(want[i]! - w);
    }
    net.step(state, examples.x, examples.t);
    assert.is(state.step, t);
    assertWithin(valuesOf(net.parameters), want, (i) => TOLERANCE[dtype] * reach[i]!, `step ${t}`);
  }
}

for (const dtype of FLOATS) {
  for (const [kind, made] of OPTIMIZERS) {
    for (const weightDecay of [undefined, 0.3]) {
      const decay = weightDecay === undefined ? "" : ` with weight decay ${weightDecay}`;
      const options = weightDecay === undefined ? {} : { weightDecay };
      test(`ten steps of ${kind}${decay} are those of its formulas, ${dtype}`, () => {
        for (const rules of [PUBLISHED, PYTORCH]) compare(dtype, made({ learningRate: 0.1, ...options }), { rules });
      });
    }
  }

  test(`without options of their own, optimizers have PyTorch's, ${dtype}`, () => {
    const learningRate = 0.01;
    assert.equal(momentum({ learningRate }), { kind: "momentum", momentum: 0.9, learningRate });
    assert.equal(nesterov({ learningRate }), { kind: "nesterov", momentum: 0.9, learningRate });
    assert.equal(adaGrad({ learningRate }), { kind: "adaGrad", epsilon: 1e-10, learningRate });
    assert.equal(rmsProp({ learningRate }), { kind: "rmsProp", decay: 0.99, epsilon: 1e-8, learningRate });
    const betas = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
    assert.equal(adam({ learningRate }), { kind: "adam", ...betas, learningRate });
    assert.equal(adamW({ learningRate }), { kind: "adamW", ...betas, weightDecay: 0.01, learningRate });
    for (const kind of KINDS) compare(dtype, optimizerOf(kind, { learningRate }, "defaults"), { rules: PYTORCH });
  });

  test(`rates of a schedule are those of its steps, ${dtype}`, () => {
    const learningRate = schedule({ kind: "step", rate: 0.2, every: 3, factor: 0.5 });
    for (const [, made] of OPTIMIZERS) {
      compare(dtype, made({ learningRate, weightDecay: 0.1 }), { rules: PYTORCH });
    }
  });

  test(`a rate that a step is given stands for the schedule's, and the step counts, ${dtype}`, () => {
    using net = small(dtype);
    using examples = new Examples(dtype);
    const learningRate = schedule({ kind: "warmup", rate: 0.4, steps: 4 });
    for (const made of [sgd, adamW]) {
      using state = net.optimize(made({ learningRate }));
      const memories = valuesOf(net.parameters).map(() => ({ v: 0, m: 0 }));
      for (const [step, given] of [undefined, 0.05, undefined, 0, undefined].entries()) {
        const before = valuesOf(net.parameters);
        const gradient = valuesOf(net.gradient(examples.x, examples.t));
        const { optimizer } = state;
        const rule = PYTORCH[optimizer.kind as OptimizerKind] as Rule<OptimizerKind>;
        const rate = given ?? 0.1 * step;
        const want = before.map((w, i) =>
          rule(w, gradient[i]!, memories[i]!, { t: step + 1, rate, optimizer: optimizer as never }),
        );
        net.step(state, examples.x, examples.t, given);
        assertWithin(
          valuesOf(net.parameters),
          want,
          (i) => TOLERANCE[dtype] * (Math.abs(want[i]!) + rate),
          `step ${step}`,
        );
      }
    }
  });

  test(`plain descent gives the bits of a gradient that is followed, ${dtype}`, () => {
    using stepped = small(dtype);
    using followed = small(dtype);
    using examples = new Examples(dtype, 17);
    using state = stepped.optimize(sgd({ learningRate: 0.3 }));
    for (let i = 0; i < STEPS; i++) {
      stepped.step(state, examples.x, examples.t);
      followed.gradient(examples.x, examples.t);
      followed.descend(0.3);
      const [got, want] = [valuesOf(stepped.parameters), valuesOf(followed.parameters)];
      // Fused arithmetic rounds w - η·g once, where the product is not.
      if (BUILD === "relaxed") assertWithin(got, want, () => 8 * STEPS * EPS[dtype], `step ${i}`);
      else assertSame(got, want, `step ${i}`);
    }
  });

  test(`clipped by value, gradients lie within the limit, and those that did are unchanged to the bit, ${dtype}`, () => {
    using net = small(dtype);
    using examples = new Examples(dtype);
    const gradient = net.gradient(examples.x, examples.t);
    const before = valuesOf(gradient);
    const clipValue = [...before].map(Math.abs).sort((a, b) => a - b)[Math.floor(before.length / 2)]!;
    using state = net.optimize(sgd({ learningRate: 0.1, clipValue }));
    net.step(state, examples.x, examples.t);
    const clipped = before.map((g) => Math.min(Math.max(g, -clipValue), clipValue));
    assert.ok(clipped.some((g, i) => g !== before[i]) && clipped.some((g, i) => g === before[i]));
    assert.ok(clipped.includes(clipValue) && clipped.includes(-clipValue));
    assertSame(valuesOf(gradient), clipped, "gradient");
  });

  test(`clipped by norm, a gradient below the limit is unchanged to the bit, and above it has the limit's norm, ${dtype}`, () => {
    using net = small(dtype);
    using examples = new Examples(dtype);
    const gradient = net.gradient(examples.x, examples.t);
    const before = valuesOf(gradient);
    const norm = normOf(before);
    for (const share of [4, 1.0001, 0.9999, 0.5, 1e-6]) {
      const clipNorm = share * norm;
      using state = net.optimize(sgd({ learningRate: 0.1, clipNorm }));
      net.step(state, examples.x, examples.t, 0);
      const after = valuesOf(gradient);
      if (share > 1) assertSame(after, before, `limit ${share} of the norm`);
      else {
        assertWithin([normOf(after)], [clipNorm], () => 16 * EPS[dtype] * clipNorm, `limit ${share} of the norm`);
        assertWithin(
          after,
          before.map((g) => g * share),
          (i) => 16 * EPS[dtype] * Math.abs(before[i]! * share),
          "direction",
        );
      }
    }
  });

  test(`every optimizer follows clipped gradients: by value first, then by norm, ${dtype}`, () => {
    const [clipValue, clipNorm] = [0.05, 0.1];
    const changed = (g: number[]) => {
      const cut = g.map((value) => Math.min(Math.max(value, -clipValue), clipValue));
      const factor = Math.min(1, clipNorm / normOf(cut));
      return cut.map((value) => value * factor);
    };
    for (const [, made] of OPTIMIZERS) {
      for (const weightDecay of [0, 0.2]) {
        compare(dtype, made({ learningRate: 0.1, weightDecay, clipValue, clipNorm }), { rules: PYTORCH, changed });
      }
    }
  });

  test(`each state has a memory of its own, ${dtype}`, () => {
    using net = small(dtype);
    using examples = new Examples(dtype);
    const start = valuesOf(net.parameters);
    const put = (values: readonly number[]) => {
      let from = 0;
      for (const { data } of Object.values(net.parameters))
        for (let i = 0; i < data.length; i++) data[i] = values[from++]!;
    };
    const { x, t } = examples;
    for (const [kind, made] of OPTIMIZERS) {
      const optimizer = made({ learningRate: 0.1 });
      put(start);
      using first = net.optimize(optimizer);
      net.step(first, x, t);
      const once = valuesOf(net.parameters);
      put(start);
      net.step(first, x, t);
      const twice = valuesOf(net.parameters);
      put(start);
      using second = net.optimize(optimizer);
      net.step(second, x, t);
      assertSame(valuesOf(net.parameters), once, `${optimizer.kind}: a state of its own starts anew`);
      assert.is(
        twice.some((w, i) => w !== once[i]),
        (builtInOptimizers[kind] as unknown as OptimizerRecord).averages.length > 0,
        `${optimizer.kind}: the second of two equal gradients`,
      );
      assert.equal([first.step, second.step], [2, 1]);
    }
  });
}

test("the package exports a function for each kind, which needs no options", () => {
  const surface: { readonly [K in OptimizerKind]: () => Optimizer } = { ...lanegrad };
  for (const kind of KINDS) assert.equal(surface[kind](), optimizerOf(kind, {}, "defaults"));
});

test("the learning rate has a default, PyTorch's", () => {
  const rates = { sgd: 0.01, momentum: 0.01, nesterov: 0.01, adaGrad: 0.01, rmsProp: 0.01, adam: 1e-3, adamW: 1e-3 };
  for (const kind of KINDS) assert.is(optimizerOf(kind).learningRate, rates[kind], kind);
  assert.equal(adam(), adam({ learningRate: 1e-3, beta1: undefined as never }));
  assert.is(adam({ learningRate: undefined as never }).learningRate, 1e-3);
});

test("descriptions are plain data: after a turn through JSON, parseOptimizer makes the same steps of them", () => {
  for (const [kind, made] of OPTIMIZERS) {
    for (const learningRate of [0.2, schedule({ kind: "step", rate: 0.2, every: 2, factor: 0.5 })]) {
      const optimizer = made({ learningRate, weightDecay: 0.1, clipNorm: 0.5, clipValue: 0.2 });
      const json: unknown = JSON.parse(JSON.stringify(optimizer));
      assert.equal(json, optimizer);
      assert.equal(structuredClone(optimizer), json);
      using examples = new Examples("float32");
      const [first, second] = [optimizer, parseOptimizer(json)].map((description) => {
        using net = small("float32");
        using state = net.optimize(description);
        for (let i = 0; i < 3; i++) net.step(state, examples.x, examples.t);
        return valuesOf(net.parameters);
      });
      assertSame(first!, second!, kind);
    }
  }
});

test("numbers outside their ranges are refused by optimizer and name", () => {
  const common = {
    weightDecay: [-1e-9],
    clipValue: [0, -1e-9],
    clipNorm: [0, -1e-9],
    learningRate: ["0.1"],
  };
  for (const [kind, made] of OPTIMIZERS) {
    const own = Object.entries<Hyperparameter>(builtInOptimizers[kind].hyperparameters).map(
      ([name, { range }]) => [name, OUTSIDE[range] ?? []] as const,
    );
    for (const [name, values] of [...Object.entries(common), ...own]) {
      assert.ok(values.length > 0, `${kind}: ${name}: add its range to OUTSIDE`);
      for (const value of [...values, Number.NaN, Number.POSITIVE_INFINITY, null]) {
        const refused = () => made({ learningRate: 0.1, [name]: value } as never);
        assert.is(assertThrows(refused, OptionError, `${kind} ${name} ${value}`).option, `${kind}: ${name}`);
      }
    }
    made({ learningRate: 0, weightDecay: 0 }); // edges that are allowed
  }
  momentum({ momentum: 0 });
  rmsProp({ decay: 0 });
  adam({ beta1: 0, beta2: 0, epsilon: 0 });
  const { message } = assertThrows(() => adam({ beta2: 1 }), OptionError, "beta2");
  assert.is(message, "adam: beta2: expected a number in [0, 1), found 1");
});

test("a number that may be left out may also be there and undefined", () => {
  for (const [, made] of OPTIMIZERS) {
    for (const name of ["clipValue", "clipNorm"]) made({ learningRate: 0.1, [name]: undefined } as never);
  }
  sgd({ learningRate: 0.1, weightDecay: undefined } as never);
});

test("a state holds what its optimizer needs and nothing more, each as large as all parameters", () => {
  using net = small("float32");
  const names = {
    ...{ sgd: [], momentum: ["velocity"], nesterov: ["velocity"], adaGrad: ["squares"], rmsProp: ["squares"] },
    ...{ adam: ["squares", "mean"], adamW: ["squares", "mean"] },
  };
  for (const [kind, made] of OPTIMIZERS) {
    using state = net.optimize(made({ learningRate: 0.1 }));
    assert.equal(
      state.averages.map(({ name }) => name),
      names[kind],
      kind,
    );
    for (const { size, data } of state.averages) {
      assert.is(size, 16 + 8 + 12 + 4); // 15, 5, 10 and 2 numbers, each in whole vectors
      assert.ok(data.every((value) => value === 0));
    }
  }
});

test("what carries no record is refused, and the error names parseOptimizer", () => {
  using net = small("float32");
  const copies = KINDS.map((kind) => structuredClone(optimizerOf(kind)));
  for (const bad of [undefined, null, "adam", {}, ...copies, { ...adam(), kind: "sgd" }]) {
    const error = assertThrows(() => net.optimize(bad as never), OptionError, JSON.stringify(bad));
    assert.is(error.option, "optimizer");
    assert.match(error.message, /parseOptimizer/);
  }
  const { option } = assertThrows(() => net.optimize({ ...adam(), beta1: 2 }), OptionError, "beta1");
  assert.is(option, "adam: beta1");
});

test("descriptions from elsewhere are checked when they are parsed", () => {
  for (const kind of [undefined, "Adam", "constructor", "", null]) {
    const error = assertThrows(() => parseOptimizer({ kind, learningRate: 0.1 }), OptionError, `kind ${kind}`);
    assert.is(error.option, "optimizer: kind");
  }
  for (const bad of [undefined, null, "adam", []]) assertThrows(() => parseOptimizer(bad), OptionError, `${bad}`);
  for (const [kind, made] of OPTIMIZERS) {
    const { weightDecay, ...description } = made({ learningRate: 0.1 });
    for (const name of Object.keys(description).filter((key) => key !== "kind")) {
      const { [name as never]: _, ...others } = description;
      const error = assertThrows(() => parseOptimizer(others), OptionError, `${kind} without ${name}`);
      assert.match(error.message, name === "learningRate" ? /schedule/ : `${kind}: ${name}`);
    }
    const unknown = { ...description, amsgrad: true };
    assert.match(assertThrows(() => parseOptimizer(unknown), OptionError, kind).message, `${kind}: amsgrad`);
  }
});

test.run();
