/** Squared error: the reference for assembly/kernels/squared_error.ts. Squares are added up in two lanes of float64. */
import type { FloatKernels } from "../wasm/abi.ts";
import type { Element } from "./element.ts";

export function squaredErrors({
  floats,
  at,
  round,
  sub,
  mul,
}: Element): Pick<FloatKernels, "squaredError" | "storeSquaredError" | "squaredErrorGradient"> {
  /** The loss and, where dy is not 0, its gradient. */
  const loss = (n: number, y: number, t: number, dy: number, scale: number): number => {
    const v = floats();
    const outputs = at(y);
    const targets = at(t);
    const to = at(dy);
    let even = 0;
    let odd = 0;
    for (let i = 0; i < n; i++) {
      const d = sub(v[outputs + i]!, v[targets + i]!);
      if (i % 2 === 0) even += d * d;
      else odd += d * d;
      if (dy !== 0) v[to + i] = mul(d, scale);
    }
    return 0.5 * (even + odd);
  };

  return {
    squaredError: (n, y, t) => loss(n, y, t, 0, 0),
    storeSquaredError: (n, y, t, factor, to) => {
      floats()[at(to)] = factor * loss(n, y, t, 0, 0);
    },
    squaredErrorGradient: (n, y, t, dy, scale) => loss(n, y, t, dy, round(scale)),
  };
}
