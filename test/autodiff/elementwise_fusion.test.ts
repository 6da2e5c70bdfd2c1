/**
 * Chains of elementwise operations in one pass: the bits that they have one by one, in less memory. Every program here runs on
 * two engines, one of which fuses.
 */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { describeProgram } from "../../src/autodiff/describe.ts";
import { elementwiseFusion, TILE } from "../../src/autodiff/elementwise_fusion.ts";
import { compile, type Program } from "../../src/autodiff/program.ts";
import { gradientsOf } from "../../src/autodiff/reverse.ts";
import { Dataset } from "../../src/data/dataset.ts";
import { OptionError } from "../../src/errors.ts";
import { gelu as geluLayer } from "../../src/nn/layers/activations.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import { network } from "../../src/nn/network.ts";
import { sgd } from "../../src/nn/optimizers/sgd.ts";
import { mish } from "../../src/ops/activations.ts";
import { apply } from "../../src/ops/apply.ts";
import { add, div, greater, maximum, minimum, mul, sub } from "../../src/ops/binary.ts";
import { broadcastTo } from "../../src/ops/broadcast_to.ts";
import { cast } from "../../src/ops/cast.ts";
import { exp, gelu, neg, relu, sigmoid, square, tanh } from "../../src/ops/elementwise.ts";
import { abs, floor } from "../../src/ops/rounding.ts";
import { reshape } from "../../src/ops/rows.ts";
import { sum } from "../../src/ops/sum.ts";
import { ADVANCE, effect, SGD } from "../../src/ops/update.ts";
import { where } from "../../src/ops/where.ts";
import { argument, type Expression, expressionOf, input, type Value } from "../../src/tensor/expression.ts";
import { countOf } from "../../src/tensor/layout.ts";
import type { Operation } from "../../src/tensor/operation.ts";
import { type Tensor, tensor, zeros } from "../../src/tensor/tensor.ts";
import { Minibatch, ResidentDataset } from "../../src/train/feeding/resident.ts";
import { Engine } from "../../src/wasm/engine.ts";
import { BUILD, loadEngine } from "../support/engine.ts";
import { reals } from "../support/floats.ts";
import { bytesPerCall, runAlone } from "../support/heap.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { assertRejects, assertThrows } from "../support/throws.ts";

const plain = await loadEngine();
const fused = await Engine.load({ build: BUILD, fusion: elementwiseFusion });
const test = leakFreeSuite("elementwise fusion", fused);

type Values = Readonly<Record<string, Expression>>;
type Leaves = Readonly<Record<string, Expression<"float32">>>;

const namesOf = ({ instructions }: Program): string[] =>
  instructions.map(({ origin }) => (origin.kind === "computed" ? origin.operation.name : origin.kind));

const bytesOf = ({ data }: Tensor): Buffer => Buffer.from(data.buffer, data.byteOffset, data.byteLength);

/** Leaves of these shapes on an engine, and what they are set to. */
function leavesOn(engine: Engine, shapes: Readonly<Record<string, readonly number[]>>): Leaves {
  return Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, input(engine, shape, { name })]));
}

function set(program: Program, seed = 1): void {
  for (const [i, name] of Object.keys(program.inputs).sort().entries()) {
    const x = program.inputs[name]!;
    x.data.set(reals(x.size, seed + i, "float32").map((value) => 3 * value));
  }
}

/** Runs the same values on both engines, twice; outputs have the same bits. Returns the fused program's facts. */
function compare(
  shapes: Readonly<Record<string, readonly number[]>>,
  valuesOf: (leaves: Leaves) => Values,
  label = "",
): { readonly names: string[]; readonly bytes: number; readonly saved: number; readonly text: string } {
  using one = compile(valuesOf(leavesOn(plain, shapes)));
  using other = compile(valuesOf(leavesOn(fused, shapes)));
  for (let run = 0; run < 2; run++) {
    for (const program of [one, other]) {
      set(program, 1 + run);
      program.run();
    }
    for (const name in one.outputs)
      assert.ok(bytesOf(one.outputs[name]!).equals(bytesOf(other.outputs[name]!)), `${label}: ${name}, run ${run}`);
  }
  return { names: namesOf(other), bytes: other.bytes, saved: one.bytes - other.bytes, text: describeProgram(other) };
}

const chain = (x: Value<"float32">) => neg(square(maximum(mul(add(x, 1.5), 0.75), 0.25))) as Expression;

test("a chain is one instruction from two tiles on, with the same bits around every border of a tile", () => {
  const name = "add, mul, maximum, mul, mul";
  for (const tiles of [0, 1, 2, 3, 5])
    for (const more of [-1, 0, 1, 7]) {
      const n = Math.max(0, tiles * TILE + more);
      const { names } = compare({ x: [n] }, ({ x }) => ({ y: chain(x!) }), `n = ${n}`);
      assert.equal(names, n < 2 * TILE ? name.split(", ") : [name], `n = ${n}`);
    }
});

test("what only a chain reads takes a tile: the block falls by what was between", () => {
  const n = 20 * TILE;
  const { saved, names } = compare({ x: [n] }, ({ x }) => ({ y: gelu(x!) }));
  assert.equal(names, ["maximum, mul, minimum, mul, mul and 5 more"]);
  assert.ok(saved > 4 * n, `${saved} bytes of ${4 * n} each`);
  const backward = compare({ x: [n] }, ({ x }) => ({ dx: gradientsOf(sum(mish(x!)), [x!])[0] as Expression }));
  assert.is(backward.names.length, 1);
  assert.ok(backward.saved > 2 * 4 * n, `${backward.saved} bytes of ${4 * n} each`);
});

test("a tile in scratch is taken again when its value is not read any more", () => {
  const deep = (x: Expression, levels: number): Expression =>
    levels === 0 ? x : (square(add(deep(x as never, levels - 1) as Expression<"float32">, 1)) as Expression);
  const scratchOf = (levels: number) => {
    using program = compile({ y: deep(leavesOn(fused, { x: [4 * TILE] })["x"]!, levels) });
    return program.bytes - program.plan.bytes;
  };
  assert.is(scratchOf(12), scratchOf(2));
  assert.is(scratchOf(2), 4 * TILE, "one tile of float32");
});

test("a reduction or a product interrupts a chain, and what it reads is whole", () => {
  const n = 3 * TILE + 5;
  const { names } = compare({ x: [n] }, ({ x }) => {
    const z = mul(add(x!, 1), 0.5);
    return { y: exp(sub(z, sum(z))), total: sum(z) };
  });
  assert.equal(names, ["add, mul", "sum", "sub, exp"]);
});

test("a value that something else reads is whole: an output, an operand, a target", () => {
  const n = 2 * TILE + 9;
  const { names } = compare({ x: [n] }, ({ x }) => {
    const first = add(x!, 1);
    const second = mul(first, 2);
    return { second, third: tanh(square(second)), folded: sum(reshape(second, [1, n])) };
  });
  assert.equal([...names].sort(), ["add, mul", "mul, tanh", "sum"]);
  using kept = zeros(fused, [n]);
  const { x } = leavesOn(fused, { x: [n] });
  const middle = add(x!, 1);
  using program = compile({ y: square(middle) }, { into: [[middle, kept]] });
  set(program);
  program.run();
  const want = Float32Array.from(program.inputs["x"]!.data, (value) => Math.fround(value + 1));
  assert.equal([...kept.data], [...want]);
  assert.equal([...program.outputs.y.data], [...want.map((value) => Math.fround(value * value))]);
});

test("operands are repeated: numbers, rows, columns, channels, and rows that are too long to be cut", () => {
  const cases = [
    [{ x: [300, 50], row: [50] }, 1],
    [{ x: [300, 50], row: [300, 1] }, 1],
    [{ x: [300, 50], row: [1, 1] }, 1],
    [{ x: [50, 8, 30], row: [8, 1] }, 1],
    [{ x: [50, 8, 30], row: [50, 1, 30] }, 1],
    [{ x: [50, 8, 30], row: [50, 8, 1] }, 1],
    [{ x: [1, 50, 1, 300], row: [300] }, 1],
    [{ x: [3, 5000], row: [5000] }, 1],
    [{ x: [2, 20_000], row: [20_000] }, 4],
    [{ x: [2, 20_000], row: [2, 1] }, 4],
    [{ x: [90, 91], row: [91] }, 4], // two elements less than two tiles
  ] as const;
  for (const [shapes, count] of cases) {
    const label = JSON.stringify(shapes);
    const { names } = compare(
      shapes,
      ({ x, row }) => {
        const y = maximum(mul(add(x!, row!), sub(row!, x!)), row!);
        return { y };
      },
      label,
    );
    assert.is(names.length, count, `${label}: ${names}`);
  }
});

test("rows of different lengths make one chain where one is a multiple of the other", () => {
  const both = compare({ x: [40, 30, 20], a: [20], b: [30, 20] }, ({ x, a, b }) => ({ y: mul(add(x!, a!), b!) }));
  assert.is(both.names.length, 1);
  const { names } = compare({ x: [6000], a: [20], b: [30] }, ({ x, a, b }) => {
    const first = add(reshape(broadcastTo(x!, [4, 6000]), [1200, 20]), a!);
    return { y: mul(reshape(first, [800, 30]), b!) };
  });
  assert.equal(names, ["broadcastTo", "add", "mul"], "a view ends a chain");
});

test("elements of 1, 4 and 8 bytes in one chain", () => {
  const n = 4 * TILE + 3;
  const { names } = compare({ x: [n], z: [n] }, ({ x, z }) => {
    const doubles = exp(cast(x!, "float64"));
    const integers = cast(mul(doubles, 10), "int32");
    const odd = mul(add(integers, 3), integers);
    const bytes = cast(odd, "uint8");
    return { y: add(cast(bytes, "float32"), z!), low: cast(maximum(cast(x!, "float64"), 0), "uint8") };
  });
  assert.is(names.length, 3, "the first cast is of both");
});

test("comparisons, choices and functions of one element; float64 and int32", () => {
  for (const dtype of ["float32", "float64"] as const) {
    for (const n of [2 * TILE, 3 * TILE + 1]) {
      const valuesOn = (engine: Engine) => {
        const x = input(engine, [n], { name: "x", dtype });
        const z = input(engine, [n], { name: "z", dtype });
        const y = where(greater(x, z), floor(abs(x)), sigmoid(mul(z, 2)));
        const dx = gradientsOf(sum(mul(y, relu(tanh(x)))), [x, z]) as Expression[];
        return { y: div(y, z) as Expression, dx: dx[0]!, dz: dx[1]! };
      };
      using one = compile(valuesOn(plain));
      using other = compile(valuesOn(fused));
      for (const program of [one, other]) {
        for (const [i, name] of ["x", "z"].entries()) program.inputs[name]!.set(reals(n, i, dtype) as never);
        program.run();
      }
      for (const name of ["y", "dx", "dz"] as const)
        assert.ok(bytesOf(one.outputs[name]).equals(bytesOf(other.outputs[name])), `${dtype}: ${name}`);
      assert.ok(other.instructions.length < one.instructions.length);
    }
  }
});

/** Operations of the random graphs: operands are cut to a size at which nothing overflows. */
const DRAWN = {
  add: (a: Leaf, b: Leaf) => add(a, b),
  sub: (a: Leaf, b: Leaf) => sub(a, b),
  mul: (a: Leaf, b: Leaf) => mul(sigmoid(a), b),
  maximum: (a: Leaf, b: Leaf) => maximum(a, b),
  choice: (a: Leaf, b: Leaf) => where(greater(add(a, 0.1), 0), a, b),
  tanh: (a: Leaf) => tanh(a),
  number: (a: Leaf) => sub(1, minimum(a, 2)),
  rounded: (a: Leaf) => cast(cast(mul(a, 100), "int32"), "float32"),
  wide: (a: Leaf) => cast(square(cast(a, "float64")), "float32"),
  centred: (a: Leaf) => sub(a, mul(sum(a, { axes: [0], keepAxes: true }), 0.001)),
  column: (a: Leaf, b: Leaf) => add(a, mul(sum(b, { axes: [1], keepAxes: true }), 0.01)),
} satisfies Record<string, (a: Leaf, b: Leaf) => unknown>;
type Leaf = Expression<"float32">;

test("random graphs have the same bits, whichever values are asked for", () => {
  const step = fc.tuple(fc.constantFrom(...(Object.keys(DRAWN) as (keyof typeof DRAWN)[])), fc.nat(40), fc.nat(40));
  const sizes = fc.constantFrom([128, 64], [127, 64], [130, 67], [8193, 1], [1, 8192], [4, 4096], [64, 200]);
  const property = fc.property(
    ...[fc.array(step, { minLength: 2, maxLength: 14 }), sizes, fc.array(fc.nat(40), { minLength: 1, maxLength: 3 })],
    (steps, [m, n], wanted) => {
      const shapes = { x: [m!, n!], y: [m!, n!], row: [n!], column: [m!, 1] };
      compare(shapes, ({ x, y, row, column }) => {
        const values: Leaf[] = [x!, y!, add(x!, row!), mul(y!, column!)];
        for (const [name, a, b] of steps)
          values.push(DRAWN[name](values.at(-1 - (a % 4))!, values[b % values.length]!) as Leaf);
        const asked = [values.length - 1, ...wanted.map((i) => i % values.length)];
        return Object.fromEntries([...new Set(asked)].map((i) => [`v${i}`, values[i]!]));
      });
    },
  );
  fc.assert(property, { numRuns: 60, seed: 7 });
});

test("a result is written over an operand that is not read again, and never over one that is", () => {
  const n = 4 * TILE;
  const { bytes } = compare({ x: [n / 64, 64], w: [64, 64] }, ({ x, w }) => {
    const z = apply(PRODUCT, [x!, w!], {}) as Leaf;
    return { y: sum(square(add(z, x!)), { axes: [0] }) };
  });
  assert.ok(bytes < 3 * 4 * n, `${bytes}: x, one for both, and what is small`);
  compare({ x: [n / 64, 64], w: [64, 64] }, ({ x, w }) => {
    const z = apply(PRODUCT, [x!, w!], {}) as Leaf;
    const y = sub(exp(neg(square(z))), mul(z, x!));
    return { y: sum(y, { axes: [0] }), again: sum(mul(y, z)) };
  });
  compare({ x: [2, 8192], w: [8192] }, ({ x, w }) => {
    const row = exp(cast(w!, "float64")); // as many bytes as the result, and read for both of its rows
    return { y: sum(cast(add(cast(x!, "float64"), row), "float32"), { axes: [0] }) };
  });
  compare({ x: [n / 64, 64], w: [64, 64] }, ({ x, w }) => {
    const z = apply(PRODUCT, [x!, w!], {}) as Leaf; // cast has no place but its own
    return { y: sum(cast(cast(add(z, 1), "int32"), "float32"), { axes: [0] }) };
  });
});

/** A product with an operand's rows, which nothing fuses. */
const PRODUCT: Operation = {
  name: "product",
  spec: ([x]) => ({ dtype: "float32", shape: (x as Expression).shape }),
  bind: ({ kernels, specs: [x, w], at: [a, b], out }) => {
    const [m = 0, k = 0] = x.shape;
    const [, n = 0] = w.shape;
    return [
      kernels.fill(m * n, out.pointer, 0),
      ...Array.from({ length: m }, (_, i) =>
        kernels.axpby(n, b.pointer + 4 * n * (i % k), out.pointer + 4 * n * i, 0.5, 0),
      ),
      kernels.axpby(m * n, a.pointer, out.pointer, 0.25, 1),
    ];
  },
};

test("updates come after chains, which read the parameters from before", () => {
  const n = 3 * TILE;
  const results = [plain, fused].map((engine) => {
    using w = tensor(engine, Float32Array.from(reals(n, 1, "float32")));
    using rates = tensor(engine, Float64Array.of(0.1, 0, 0, 0, 0, 0, 0, 0));
    using counter = tensor(engine, Int32Array.of(1, 2));
    const node = expressionOf(w);
    const loss = sum(square(sub(tanh(mul(node, 2)), 0.5)));
    const [g] = gradientsOf(loss, [node]);
    using program = compile(
      { y: square(add(node, 1)), loss },
      { effects: [effect(SGD, w, [expressionOf(rates), g!], {}), effect(ADVANCE, counter, [], {})] },
    );
    program.run();
    program.run();
    return Buffer.concat([bytesOf(w), bytesOf(program.outputs.y), bytesOf(program.outputs.loss), bytesOf(counter)]);
  });
  assert.ok(results[0]!.equals(results[1]!));
});

test("other arguments are bound to the same chain", () => {
  const n = 2 * TILE + 1;
  const x = argument(fused, { dtype: "float32", shape: [n] }, "x");
  using program = compile({ y: square(add(x as Leaf, 1)) });
  assert.equal(namesOf(program), ["add, mul"]);
  for (const value of [1, 2, 1]) {
    using given = tensor(fused, new Float32Array(n).fill(value));
    program.bind({ x: given });
    program.run();
    assert.ok(program.outputs.y.data.every((y) => y === (value + 1) ** 2));
  }
});

test("a network trains to the same weights, by a step in which chains are one instruction", () => {
  const weights = [plain, fused].map((engine) => {
    using net = network(engine, sequential(dense(4, 300), geluLayer(), dense(300, 2)), { seed: 1 });
    using state = net.optimize(sgd({ learningRate: 0.1 }));
    const inputs = Uint8Array.from({ length: 64 * 4 }, (_, i) => (37 * i) % 256);
    const labels = Uint8Array.from({ length: 64 }, (_, i) => i % 2);
    const dataset = new Dataset({ name: "small", inputs, shape: [4], labels, classes: 2 });
    using resident = new ResidentDataset(engine, dataset);
    using batch = new Minibatch(resident, 64, net.dtype);
    batch.indices.data.set(Int32Array.from({ length: 64 }, (_, i) => 63 - i));
    using step = net.trainingStep(state, batch.source);
    const names = namesOf(step.program);
    assert.is(
      names.some((name) => name.includes(", ")),
      engine === fused,
      `${names}`,
    );
    for (let i = 0; i < 3; i++) step.run();
    return Buffer.concat(Object.values(net.parameters).map(bytesOf));
  });
  assert.ok(weights[0]!.equals(weights[1]!));
});

test("the description names what is in a chain, and counts its operations and bytes", () => {
  const n = 2 * TILE;
  const { text } = compare({ x: [n] }, ({ x }) => ({ y: chain(x!), s: sum(exp(tanh(x!))) }));
  assert.match(text, / add, mul, maximum, mul, mul +x, 1\.5, 0\.75, 0\.25, -1 +float32 \[8192\] .* 32,768 +40,960\n/);
  assert.match(text, / tanh, exp +x +float32 \[8192\] .* 16,384\n/);
  assert.match(text, /, 16,448 of scratch; 65,536 operations a run$/);
});

/** x + 1, as a single instruction. */
const RAISED: Operation = {
  name: "raised",
  spec: ([x]) => ({ dtype: "float32", shape: (x as Expression).shape }),
  bind: ({ kernels, result, at: [x], out }) => [
    kernels.fill(countOf(result.shape), out.pointer, 1),
    kernels.axpby(countOf(result.shape), x.pointer, out.pointer, 1, 1),
  ],
};
/** a + b, which may be written over a alone. */
const ADDED: Operation = {
  name: "added",
  spec: ([x]) => ({ dtype: "float32", shape: (x as Expression).shape }),
  bind: ({ kernels, result, at: [a, b], out }) => [
    kernels.copy(countOf(result.shape), a.pointer, out.pointer),
    kernels.axpby(countOf(result.shape), b.pointer, out.pointer, 1, 1),
  ],
  inPlace: [0],
  isElementwise: true,
};

test("custom operations that are elementwise are in chains; what their rule may not do is refused", () => {
  const halve = (bind: Operation["bind"]): Operation => ({
    name: "halve",
    spec: ([x]) => ({ dtype: "float32", shape: (x as Expression).shape }),
    bind,
    isElementwise: true,
  });
  const n = 2 * TILE + 4;
  const good = halve(({ kernels, result, at: [x], out }) => [
    kernels.fill(countOf(result.shape), out.pointer, 1), // it may not be written over its operand
    kernels.axpby(countOf(result.shape), x.pointer, out.pointer, 0.5, 0),
  ]);
  const { names } = compare({ x: [n] }, ({ x }) => ({ y: add(apply(good, [add(x!, 1)], {}) as Leaf, 1) }));
  assert.equal(names, ["add, halve, add"]);
  compare({ x: [n] }, ({ x }) => ({ y: sum(apply(good, [add(apply(RAISED, [x!], {}) as Leaf, 1)], {}) as Leaf) }));
  compare({ x: [n] }, ({ x }) => {
    const z = apply(RAISED, [x!], {}) as Leaf;
    return { y: sum(apply(ADDED, [add(z, 1), z], {}) as Leaf) };
  });
  const { x } = leavesOn(fused, { x: [n] });
  const bad = apply(
    halve(() => [() => {}]),
    [x!],
    {},
  ) as Leaf;
  assertThrows(() => compile({ y: add(bad, 1) }), OptionError, "a function of the host");
});

const later = suite("elementwise fusion, on engines");

later("an engine refuses what is not a fusion", async () => {
  for (const fusion of [1, {}, null, "elementwise", { fuse: 1 }])
    await assertRejects(() => Engine.load({ fusion: fusion as never }), OptionError, String(fusion));
});

later("a run leaves JavaScript's heap as it is", async () => {
  if (BUILD !== "simd") return; // the JavaScript is the same for every build
  using program = compile({ y: chain(leavesOn(fused, { x: [3 * TILE + 1] })["x"]!) });
  const bytes = await bytesPerCall(() => program.run(), { warmUp: 20_000, calls: 200_000, limit: 1 });
  assert.ok(bytes < 1, `${bytes} bytes a run`);
});

runAlone(import.meta.url, "elementwise fusion", () => {
  test.run();
  later.run();
});
