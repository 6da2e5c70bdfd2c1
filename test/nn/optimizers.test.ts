/** Steps of every optimizer on a network, beside its formulas in float64, written as papers and as PyTorch write them. */
import * as assert from "uvu/assert";
import { OptionError } from "../../src/errors.ts";
import { tanh } from "../../src/nn/layers/activations.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import { rateOf } from "../../src/nn/learning_rate.ts";
import { type Network, network } from "../../src/nn/network.ts";
import {
  adaGrad,
  adam,
  adamW,
  momentum,
  nesterov,
  type Optimizer,
  rmsProp,
  sgd,
  type UpdateOptions,
} from "../../src/nn/optimizers.ts";
import { schedule } from "../../src/nn/schedules.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";
import { assertSame, assertWithin } from "../support/compare.ts";
import { BUILD, loadEngine } from "../support/engine.ts";
import { EPS, FLOATS, reals } from "../support/floats.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { assertThrows } from "../support/throws.ts";

const engine = await loadEngine();
const test = leakFreeSuite("optimizers", engine);
const TOLERANCE = { float64: 1e-12, float32: 1e-5 } as const;
const STEPS = 10;

/** What a formula remembers of one parameter. */
type Memory = { v: number; m: number };
/** The parameter after step t = 1, 2, … */
type Rule<K extends Optimizer["kind"]> = (
  w: number,
  g: number,
  memory: Memory,
  at: { readonly t: number; readonly rate: number; readonly optimizer: Extract<Optimizer, { kind: K }> },
) => number;
type Rules = { readonly [K in Optimizer["kind"]]: Rule<K> };

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

/** Gives the optimizer to be tested its learning rate and what it has in common with others. */
const OPTIMIZERS: Readonly<Record<string, (options: UpdateOptions) => Optimizer>> = {
  sgd: (options) => sgd(options),
  momentum: (options) => momentum({ momentum: 0.8, ...options }),
  nesterov: (options) => nesterov({ momentum: 0.8, ...options }),
  adaGrad: (options) => adaGrad({ epsilon: 1e-3, ...options }),
  rmsProp: (options) => rmsProp({ decay: 0.9, epsilon: 1e-3, ...options }),
  adam: (options) => adam({ beta1: 0.8, beta2: 0.95, epsilon: 1e-3, ...options }),
  adamW: (options) => adamW({ beta1: 0.8, beta2: 0.95, epsilon: 1e-3, ...options }),
};

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
  const rule = rules[optimizer.kind] as Rule<Optimizer["kind"]>;
  for (let t = 1; t <= STEPS; t++) {
    const gradient = changed(valuesOf(net.gradient(examples.x, examples.t)));
    const rate = rateOf(optimizer.learningRate, t - 1);
    for (const [i, w] of want.entries()) {
      want[i] = rule(w, gradient[i]!, memories[i]!, { t, rate, optimizer });
      reach[i]! += Math.abs(want[i]! - w);
    }
    net.step(state, examples.x, examples.t);
    assert.is(state.step, t);
    assertWithin(valuesOf(net.parameters), want, (i) => TOLERANCE[dtype] * reach[i]!, `step ${t}`);
  }
}

for (const dtype of FLOATS) {
  for (const [kind, made] of Object.entries(OPTIMIZERS)) {
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
    for (const optimizer of [adaGrad, rmsProp, adam, adamW, momentum, nesterov]) {
      compare(dtype, optimizer({ learningRate }), { rules: PYTORCH });
    }
  });

  test(`rates of a schedule are those of its steps, ${dtype}`, () => {
    const learningRate = schedule({ kind: "step", rate: 0.2, every: 3, factor: 0.5 });
    for (const made of Object.values(OPTIMIZERS)) {
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
        const rule = PYTORCH[optimizer.kind] as Rule<Optimizer["kind"]>;
        const rate = given ?? 0.1 * step;
        const want = before.map((w, i) => rule(w, gradient[i]!, memories[i]!, { t: step + 1, rate, optimizer }));
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
    for (const made of Object.values(OPTIMIZERS)) {
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
    const [{ x, t }, remembered] = [examples, new Set(["momentum", "nesterov", "adaGrad", "rmsProp", "adam", "adamW"])];
    for (const made of Object.values(OPTIMIZERS)) {
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
        remembered.has(optimizer.kind),
        `${optimizer.kind}: the second of two equal gradients`,
      );
      assert.equal([first.step, second.step], [2, 1]);
    }
  });
}

test("descriptions are plain data: after a turn through JSON they make the same steps", () => {
  for (const made of Object.values(OPTIMIZERS)) {
    const optimizer = made({ learningRate: 0.2, weightDecay: 0.1, clipNorm: 0.5, clipValue: 0.2 });
    const read = JSON.parse(JSON.stringify(optimizer)) as Optimizer;
    assert.equal(read, optimizer);
    using examples = new Examples("float32");
    const [first, second] = [optimizer, read].map((description) => {
      using net = small("float32");
      using state = net.optimize(description);
      for (let i = 0; i < 3; i++) net.step(state, examples.x, examples.t);
      return valuesOf(net.parameters);
    });
    assertSame(first!, second!, optimizer.kind);
  }
});

test("numbers outside their ranges are refused by optimizer and name", () => {
  const [below, above] = [-1e-9, 1];
  const bad: Readonly<Record<string, Readonly<Record<string, readonly unknown[]>>>> = {
    sgd: {},
    momentum: { momentum: [below, above] },
    nesterov: { momentum: [below, above] },
    adaGrad: { epsilon: [below] },
    rmsProp: { decay: [below, above], epsilon: [below] },
    adam: { beta1: [below, above], beta2: [below, above], epsilon: [below] },
    adamW: { beta1: [below, above], beta2: [below, above], epsilon: [below] },
  };
  const common = {
    weightDecay: [below],
    clipValue: [0, below],
    clipNorm: [0, below],
    learningRate: [undefined, "0.1"],
  };
  for (const [kind, made] of Object.entries(OPTIMIZERS)) {
    for (const [name, values] of Object.entries({ ...common, ...bad[kind] })) {
      for (const value of [...values, Number.NaN, Number.POSITIVE_INFINITY, null]) {
        const refused = () => made({ learningRate: 0.1, [name]: value } as never);
        assert.is(assertThrows(refused, OptionError, `${kind} ${name} ${value}`).option, `${kind}: ${name}`);
      }
    }
    made({ learningRate: 0, weightDecay: 0 }); // edges that are allowed
  }
  momentum({ learningRate: 0.1, momentum: 0 });
  rmsProp({ learningRate: 0.1, decay: 0 });
  adam({ learningRate: 0.1, beta1: 0, beta2: 0, epsilon: 0 });
});

test("a number that may be left out may also be there and undefined", () => {
  for (const made of Object.values(OPTIMIZERS)) {
    for (const name of ["clipValue", "clipNorm"]) made({ learningRate: 0.1, [name]: undefined } as never);
  }
  sgd({ learningRate: 0.1, weightDecay: undefined } as never);
});

test("a state holds what its optimizer needs and nothing more, each as large as all parameters", () => {
  using net = small("float32");
  const held = { sgd: [], momentum: ["velocity"], nesterov: ["velocity"], adaGrad: ["squares"], rmsProp: ["squares"] };
  const both = ["squares", "mean"];
  for (const [kind, names] of Object.entries({ ...held, adam: both, adamW: both })) {
    using state = net.optimize(OPTIMIZERS[kind]!({ learningRate: 0.1 }));
    assert.equal(
      state.averages.map(({ name }) => name),
      names,
      kind,
    );
    for (const { size, data } of state.averages) {
      assert.is(size, 16 + 8 + 12 + 4); // 15, 5, 10 and 2 numbers, each in whole vectors
      assert.ok(data.every((value) => value === 0));
    }
  }
});

test("descriptions from elsewhere are checked when a network takes them", () => {
  using net = small("float32");
  for (const kind of [undefined, "Adam", "constructor", "", null]) {
    const error = assertThrows(() => net.optimize({ kind, learningRate: 0.1 } as never), OptionError, `kind ${kind}`);
    assert.is(error.option, "optimizer: kind");
  }
  for (const bad of [undefined, null, "adam"]) assertThrows(() => net.optimize(bad as never), OptionError, `${bad}`);
  for (const made of Object.values(OPTIMIZERS)) {
    const { kind, ...numbers } = made({ learningRate: 0.1 });
    for (const name of Object.keys(numbers).filter((key) => key !== "weightDecay")) {
      const description: Record<string, unknown> = { kind, ...numbers };
      delete description[name];
      const error = assertThrows(() => net.optimize(description as never), OptionError, `${kind} without ${name}`);
      assert.is(error.option, `${kind}: ${name}`);
    }
  }
});

test.run();
