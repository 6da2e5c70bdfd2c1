/** One step of an optimizer: the twin of assembly/kernels/optimizers.ts, which has the equations. */
import type { FloatKernels } from "../wasm/abi.ts";
import type { Element } from "./element.ts";
import type { Pages } from "./pages.ts";

export function optimizers(
  memory: Pages,
  { floats, at, round, add, sub, mul, div, madd, nmadd }: Element,
): Pick<FloatKernels, "momentum" | "adaptive"> {
  const rate = (rates: number, i: number): number => round(memory.f64[(rates >>> 3) + i]!);

  return {
    momentum: (n, g, w, v, rates) => {
      const f = floats();
      const eta = rate(rates, 0);
      const lambda = rate(rates, 1);
      const mu = rate(rates, 2);
      const isNesterov = memory.f64[(rates >>> 3) + 3] !== 0;
      const gradient = at(g);
      const weight = at(w);
      const velocity = at(v);
      for (let i = 0; i < n; i++) {
        const wi = f[weight + i]!;
        const d = madd(lambda, wi, f[gradient + i]!);
        const vi = madd(mu, f[velocity + i]!, d);
        f[velocity + i] = vi;
        f[weight + i] = nmadd(eta, isNesterov ? madd(mu, vi, d) : vi, wi);
      }
    },
    adaptive: (n, g, w, m, v, rates) => {
      const f = floats();
      const eta = rate(rates, 0);
      const lambda = rate(rates, 1);
      const epsilon = rate(rates, 2);
      const beta = rate(rates, 3);
      const gamma = rate(rates, 4);
      const betaM = rate(rates, 5);
      const gammaM = round(1 - memory.f64[(rates >>> 3) + 5]!);
      const sigma = rate(rates, 6);
      const c = rate(rates, 7);
      const gradient = at(g);
      const weight = at(w);
      const mean = at(m);
      const square = at(v);
      for (let i = 0; i < n; i++) {
        const wi = f[weight + i]!;
        let d = madd(lambda, wi, f[gradient + i]!);
        const vi = madd(beta, f[square + i]!, mul(gamma, mul(d, d)));
        f[square + i] = vi;
        if (m !== 0) {
          d = madd(betaM, f[mean + i]!, mul(gammaM, d));
          f[mean + i] = d;
        }
        const scale = add(round(Math.sqrt(mul(vi, c))), epsilon);
        f[weight + i] = sub(mul(sigma, wi), div(mul(eta, d), scale));
      }
    },
  };
}
