/** One step of an optimizer: the reference for assembly/kernels/optimizers.ts, which has the equations. */
import type { FloatKernels } from "../wasm/abi.ts";
import { keptOf, stepOf } from "./descent.ts";
import type { Element } from "./element.ts";
import type { Pages } from "./pages.ts";
import type { Squares } from "./reduce.ts";

export function optimizers(
  memory: Pages,
  { isSingle, floats, at, round, add, sub, mul, div, madd, nmadd }: Element,
  { axpby }: Pick<FloatKernels, "axpby">,
  { sumOfSquares }: Squares,
): Pick<FloatKernels, "descend" | "momentum" | "adaptive" | "clipNorm"> {
  const rate = (hyperparameters: number, i: number): number => round(memory.f64[(hyperparameters >>> 3) + i]!);

  const normOf = (n: number, g: number): number => round(Math.sqrt(round(sumOfSquares(n, g))));

  return {
    descend: (n, g, w, hyperparameters) => {
      const kept = keptOf(memory, 1, hyperparameters);
      if (g !== 0) axpby(n, g, w, stepOf(memory, 1, hyperparameters), kept);
      else if (round(kept) !== 1) axpby(n, w, w, 0, kept);
    },
    clipNorm: (n, g, limit) => {
      let [norm, shrink] = [normOf(n, g), 1];
      if (norm - norm !== 0) {
        shrink = isSingle ? 2 ** -96 : 2 ** -600;
        axpby(n, g, g, shrink, 0);
        norm = normOf(n, g);
      }
      axpby(n, g, g, div(round(limit), Math.max(norm, round(shrink * limit))), 0);
    },
    momentum: (n, g, w, v, hyperparameters) => {
      const f = floats();
      const eta = rate(hyperparameters, 0);
      const lambda = rate(hyperparameters, 1);
      const mu = rate(hyperparameters, 2);
      const isNesterov = memory.f64[(hyperparameters >>> 3) + 3] !== 0;
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
    adaptive: (n, g, w, m, v, hyperparameters) => {
      const f = floats();
      const eta = rate(hyperparameters, 0);
      const lambda = rate(hyperparameters, 1);
      const epsilon = rate(hyperparameters, 2);
      const beta = rate(hyperparameters, 3);
      const gamma = rate(hyperparameters, 4);
      const betaM = rate(hyperparameters, 5);
      const gammaM = round(1 - memory.f64[(hyperparameters >>> 3) + 5]!);
      const sigma = rate(hyperparameters, 6);
      const c = rate(hyperparameters, 7);
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
