/** The maps over elements and their gradients; elementary.test.ts has the accuracy of those that round more than once. */
import { suite } from "uvu";
import * as assert from "uvu/assert";

import { MAP_SCRATCH } from "../../src/wasm/abi.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";
import { Canary } from "../support/canary.ts";
import { assertSame, assertWithin } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { EPS, FLOATS, integers, reals } from "../support/floats.ts";
import * as oracle from "../support/oracle.ts";

const MAPS = {
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  sigmoid: oracle.sigmoid,
  tanh: Math.tanh,
  relu: (x: number) => Math.max(x, 0),
  softplus: oracle.softplus,
};
/** From y and dy. */
const GRADIENTS = {
  sigmoidGradient: (y: number, dy: number) => y * (1 - y) * dy,
  tanhGradient: (y: number, dy: number) => (1 - y * y) * dy,
  reluGradient: (y: number, dy: number) => (y > 0 ? dy : 0),
};
type MapName = keyof typeof MAPS;
type GradientName = keyof typeof GRADIENTS;
const MAP_NAMES = Object.keys(MAPS) as MapName[];
const GRADIENT_NAMES = Object.keys(GRADIENTS) as GradientName[];

const engine = await loadEngine();
const field = new Canary(engine);

const test = suite("activations");

function map(dtype: FloatType, name: MapName, x: Float64Array, place: "apart" | "in place" = "apart"): number[] {
  field.clear();
  const input = field.place(dtype, x);
  const output = place === "apart" ? field.room(dtype, x.length) : input;
  field.run([output], () =>
    engine.kernels[dtype][name](x.length, input.pointer, output.pointer, engine.scratch(MAP_SCRATCH)),
  );
  return output.values();
}

function gradient(
  dtype: FloatType,
  name: GradientName,
  y: Float64Array,
  dy: Float64Array,
  place: "apart" | "onto y" | "onto dy" = "apart",
): number[] {
  field.clear();
  const left = field.place(dtype, y);
  const right = field.place(dtype, dy);
  const outputs = { apart: () => field.room(dtype, y.length), "onto y": () => left, "onto dy": () => right };
  const dx = outputs[place]();
  field.run([dx], () => engine.kernels[dtype][name](y.length, left.pointer, right.pointer, dx.pointer));
  return dx.values();
}

for (const dtype of FLOATS) {
  for (const name of MAP_NAMES) {
    test(`${name} maps any number of elements, in place too, and touches nothing else, ${dtype}`, () => {
      for (let n = 0; n <= 19; n++) {
        const x = reals(n, 20 + n, dtype).map((value) =>
          ["log", "sqrt"].includes(name) ? Math.abs(value) : 4 * value,
        );
        const want = x.map(MAPS[name]);
        const got = map(dtype, name, x);
        assertWithin(got, want, (i) => 4 * EPS[dtype] * Math.abs(want[i] ?? Number.NaN), `n = ${n}`);
        assertSame(map(dtype, name, x, "in place"), got, `n = ${n}, in place`);
      }
    });

    test(`${name} of NaN is NaN in every lane, and stays in its lane, ${dtype}`, () => {
      for (let i = 0; i < 7; i++) {
        const got = map(dtype, name, new Float64Array(7).fill(0.5).with(i, Number.NaN));
        assertSame(got.map(Number.isNaN).map(Number), new Float64Array(7).with(i, 1), `NaN in ${i}`);
      }
    });
  }

  test(`relu is max(x, 0): exact, and NaN propagates, ${dtype}`, () => {
    const x = Float64Array.of(-3, -0, 0, 2 ** -149, -(2 ** -149), 7.5, Infinity, -Infinity, Number.NaN);
    assertSame(map(dtype, "relu", x), x.map(MAPS.relu), "relu");
  });

  test(`sqrt is rounded once, of 0 with its sign, NaN below 0, ${dtype}`, () => {
    const round = dtype === "float32" ? Math.fround : (value: number) => value;
    const x = Float64Array.of(-0, 0, 2 ** -149, 2, 1e30, Infinity, -1, -Infinity, Number.NaN).map(round);
    assertSame(
      map(dtype, "sqrt", x),
      x.map((value) => round(Math.sqrt(value))),
      "sqrt",
    );
    const draws = reals(999, 5, dtype).map(Math.abs);
    assertSame(
      map(dtype, "sqrt", draws),
      draws.map((value) => round(Math.sqrt(value))),
      "draws",
    );
  });

  for (const name of GRADIENT_NAMES) {
    test(`${name} is exact where nothing rounds, for any number of elements and onto either operand, ${dtype}`, () => {
      for (let n = 0; n <= 19; n++) {
        const y = integers(n, 40 + n).map((value) => value / 4);
        const dy = integers(n, 60 + n);
        const want = y.map((value, i) => GRADIENTS[name](value, dy[i] ?? Number.NaN));
        for (const place of ["apart", "onto y", "onto dy"] as const) {
          const got = gradient(dtype, name, y, dy, place).map((value) => value + 0); // -0 is as good as 0
          assertSame(
            got,
            want.map((value) => value + 0),
            `n = ${n}, ${place}`,
          );
        }
      }
    });

    test(`${name} passes a NaN of dy on where y > 0, in every lane, ${dtype}`, () => {
      for (let i = 0; i < 7; i++) {
        const got = gradient(
          dtype,
          name,
          new Float64Array(7).fill(0.5),
          new Float64Array(7).fill(1).with(i, Number.NaN),
        );
        assertSame(got.map(Number.isNaN).map(Number), new Float64Array(7).with(i, 1), `NaN in ${i}`);
      }
    });
  }

  test(`sigmoidGradient and tanhGradient pass a NaN of y on, ${dtype}`, () => {
    for (const name of ["sigmoidGradient", "tanhGradient"] as const) {
      const [first, second] = gradient(dtype, name, Float64Array.of(Number.NaN, 0.5), Float64Array.of(1, 1));
      assert.ok(Number.isNaN(first) && Number.isFinite(second), name);
    }
  });

  test(`reluGradient lets nothing through where y is 0, not even ∞, ${dtype}`, () => {
    const y = Float64Array.of(0, -0, 2 ** -149, 3, 0);
    const dy = Float64Array.of(5, 5, 5, -Infinity, Infinity);
    assertSame(gradient(dtype, "reluGradient", y, dy), [0, 0, 5, -Infinity, 0], "dx");
  });
}

test("each gradient is the slope of its function: central differences, within 1e-9", () => {
  const h = 1e-5; // h²/6·f''' and eps/h are both below 1e-10
  const x = reals(50, 80, "float64").map((value) => 5 * value);
  const dy = reals(50, 81, "float64");
  for (const name of ["sigmoid", "tanh", "relu"] as const) {
    const above = map(
      "float64",
      name,
      x.map((value) => value + h),
    );
    const below = map(
      "float64",
      name,
      x.map((value) => value - h),
    );
    const slopes = x.map((_, i) => (((above[i] ?? NaN) - (below[i] ?? NaN)) / (2 * h)) * (dy[i] ?? NaN));
    const got = gradient("float64", `${name}Gradient`, Float64Array.from(map("float64", name, x)), dy);
    assertWithin(got, slopes, () => 1e-9, name);
  }
});

test.run();
