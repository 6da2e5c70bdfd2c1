/** Functions of a million elements, the gradients of the activations, and a chain of five functions. */
import {
  add,
  compile,
  exp,
  type FloatType,
  input,
  log,
  maximum,
  mul,
  neg,
  RandomState,
  relu,
  reluGradient,
  sigmoid,
  sigmoidGradient,
  square,
  type Tensor,
  tanh,
  tanhGradient,
  tensor,
  zeros,
} from "lanegrad";
import { arrayOf, type Case, ROUNDING, tensorTrial, zerosOf } from "./case.ts";
import { plainKernels } from "./plain/copies.ts";

const SIZE = 1_000_000;
/** Roundings of the kernels' worst results, with room. */
const ROUNDINGS = 8;

type Forward = <D extends FloatType>(x: Tensor<D>, options: { out: Tensor<D> }) => Tensor<D>;
type Backward = <D extends FloatType>(y: Tensor<D>, dy: Tensor<D>, options: { out: Tensor<D> }) => Tensor<D>;

const FORWARD = { exp, sigmoid, tanh, relu, log } satisfies Record<string, Forward>;
const BACKWARD = { sigmoidGradient, tanhGradient, reluGradient } satisfies Record<string, Backward>;

export function elementwiseCases(): Case[] {
  const forward = Object.keys(FORWARD) as (keyof typeof FORWARD)[];
  const backward = Object.keys(BACKWARD) as (keyof typeof BACKWARD)[];
  return (["float32", "float64"] as const).flatMap((dtype) => [
    ...forward.map((name) => forwardCase(name, dtype)),
    ...backward.map((name) => backwardCase(name, dtype)),
    ...[false, true].map((isFused) => chainCase(dtype, isFused)),
  ]);
}

function forwardCase(name: keyof typeof FORWARD, dtype: FloatType): Case {
  return {
    name: nameOf(name, dtype),
    elements: SIZE,
    dtype,
    prepare: (engine) => {
      const lowest = name === "log" ? 0 : -8;
      const draws = new RandomState(1).rand(SIZE);
      const values = arrayOf(
        dtype,
        draws.map((draw) => lowest + (8 - lowest) * draw),
      );
      const [x, y] = [tensor(engine, values, { dtype }), zeros(engine, [SIZE], { dtype })];
      const options = { out: y };
      const [plainY, wanted] = [zerosOf(dtype, SIZE), new Float64Array(SIZE)];
      const plain = plainKernels(dtype)[name];
      return tensorTrial({
        run: () => FORWARD[name](x, options),
        plain: () => plain(values, plainY),
        reference: () => plainKernels("float64")[name](Float64Array.from(values), wanted),
        scale: "wanted",
        tolerance: ROUNDINGS * ROUNDING[dtype],
        owned: [x, y],
      });
    },
  };
}

function backwardCase(name: keyof typeof BACKWARD, dtype: FloatType): Case {
  return {
    name: nameOf(name, dtype),
    elements: SIZE,
    dtype,
    prepare: (engine) => {
      const random = new RandomState(1);
      const [outputs, gradients] = [arrayOf(dtype, random.rand(SIZE)), arrayOf(dtype, random.rand(SIZE))];
      const [y, dy] = [tensor(engine, outputs, { dtype }), tensor(engine, gradients, { dtype })];
      const dx = zeros(engine, [SIZE], { dtype });
      const options = { out: dx };
      const [plainDx, wanted] = [zerosOf(dtype, SIZE), new Float64Array(SIZE)];
      const plain = plainKernels(dtype)[name];
      return tensorTrial({
        run: () => BACKWARD[name](y, dy, options),
        plain: () => plain(outputs, gradients, plainDx),
        reference: () =>
          plainKernels("float64")[name](Float64Array.from(outputs), Float64Array.from(gradients), wanted),
        tolerance: ROUNDINGS * ROUNDING[dtype],
        owned: [y, dy, dx],
      });
    },
  };
}

/** −max((x + 1.5) · 0.75, 0.25)²: one function after the other, or in one pass by a program. */
function chainCase(dtype: FloatType, isFused: boolean): Case {
  return {
    name: nameOf(isFused ? "chain of 5, fused," : "chain of 5", dtype),
    elements: SIZE,
    dtype,
    prepare: (engine) => {
      const draws = new RandomState(1).rand(SIZE);
      const values = arrayOf(
        dtype,
        draws.map((draw) => 4 * draw - 2),
      );
      const [x, y] = [tensor(engine, values, { dtype }), zeros(engine, [SIZE], { dtype })];
      const node = input(engine, [SIZE], { name: "x", dtype });
      const program = compile({ y: neg(square(maximum(mul(add(node, 1.5), 0.75), 0.25))) });
      program.inputs["x"]?.data.set(values);
      const options = { out: y };
      const [plainY, wanted] = [zerosOf(dtype, SIZE), new Float64Array(SIZE)];
      return tensorTrial({
        run: () => {
          if (isFused) {
            program.run();
            return program.outputs.y;
          }
          add(x, 1.5, options);
          mul(y, 0.75, options);
          maximum(y, 0.25, options);
          mul(y, y, options);
          return mul(y, -1, options);
        },
        plain: () => chain(values, plainY),
        reference: () => chain(Float64Array.from(values), wanted),
        scale: "wanted",
        tolerance: ROUNDINGS * ROUNDING[dtype],
        owned: [program, x, y],
      });
    },
  };
}

function chain(x: Float32Array | Float64Array, y: Float32Array | Float64Array): typeof y {
  for (let i = 0; i < x.length; i++) {
    const value = Math.max(((x[i] ?? 0) + 1.5) * 0.75, 0.25);
    y[i] = -(value * value);
  }
  return y;
}

function nameOf(name: string, dtype: FloatType): string {
  return dtype === "float32" ? `${name} 1e6` : `${name} 1e6 float64`;
}
