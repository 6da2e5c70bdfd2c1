/**
 * Functions of one element, and the gradients of the activations: the reference for assembly/simd/activate.ts and
 * assembly/kernels/activations.ts. A result depends on its element alone, whatever its lane.
 */
import type { ACTIVATION, FloatKernels } from "../wasm/abi.ts";
import { type Element, pmax } from "./element.ts";
import type { Exponentials } from "./exp.ts";

type Names = "exp" | "log" | "sqrt" | "sigmoid" | "tanh" | "relu" | "softplus";
type Gradients = "sigmoidGradient" | "tanhGradient" | "reluGradient";

const SIGMOID: typeof ACTIVATION.sigmoid = 1;
const TANH: typeof ACTIVATION.tanh = 2;
const RELU: typeof ACTIVATION.relu = 3;

export type Activations = {
  readonly exported: Pick<FloatKernels, Names | Gradients>;
  /** x ← f(x) for n elements at an address; f of ACTIVATION. */
  readonly activate: (f: number, n: number, x: number) => void;
};

export function activations(
  { floats, at, move, round, add, sub, mul, div }: Element,
  { exp, sigmoid, expm1Negative }: Exponentials,
  log: (x: number) => number,
): Activations {
  const relu = (x: number): number => pmax(x, 0) + 0; // makes 0 of -0

  const tanh = (x: number): number => {
    const d = expm1Negative(pmax(-2 * Math.abs(x), -40));
    const y = Math.abs(div(d, add(2, d)));
    return x < 0 || Object.is(x, -0) ? -y : y;
  };

  const softplus = (x: number): number => {
    const u = exp(-Math.abs(x));
    const y = add(u, 1);
    const lost = div(sub(u, sub(y, 1)), y);
    return add(pmax(x, 0), add(log(y), lost));
  };

  const map = (f: (x: number) => number): FloatKernels["exp"] => {
    return (n, x, y, _scratch) => {
      const v = floats();
      const from = at(x);
      const to = at(y);
      for (let i = 0; i < n; i++) v[to + i] = f(v[from + i]!);
    };
  };

  /** The slope from y = f(x), times dy. */
  const mapGradient = (slope: (y: number, dy: number) => number): FloatKernels["tanhGradient"] => {
    return (n, y, dy, dx) => {
      const v = floats();
      const from = at(y);
      const with_ = at(dy);
      const to = at(dx);
      for (let i = 0; i < n; i++) v[to + i] = slope(v[from + i]!, v[with_ + i]!);
    };
  };

  const exported: Activations["exported"] = {
    exp: map(exp),
    log: map(log),
    sqrt: map((x) => round(Math.sqrt(x))),
    sigmoid: map(sigmoid),
    tanh: map(tanh),
    relu: map(relu),
    softplus: map(softplus),
    sigmoidGradient: mapGradient((y, dy) => mul(mul(sub(1, y), y), dy)),
    tanhGradient: mapGradient((y, dy) => mul(sub(1, mul(y, y)), dy)),
    reluGradient: (n, y, dy, dx) => {
      const v = floats();
      const [outputs, from, to] = [at(y), at(dy), at(dx)];
      for (let i = 0; i < n; i++) {
        if (v[outputs + i]! > 0) move(from + i, to + i);
        else v[to + i] = 0;
      }
    },
  };

  return {
    exported,
    activate: (f, n, x) => {
      if (f === SIGMOID) exported.sigmoid(n, x, x, 0);
      else if (f === TANH) exported.tanh(n, x, x, 0);
      else if (f === RELU) exported.relu(n, x, x, 0);
    },
  };
}
