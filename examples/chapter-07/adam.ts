/**
 * Adam as the book has it, as an optimizer of one's own. Its ε is beside √v, before the bias of v is corrected; that of `adam` of
 * lanegrad, as in the paper (arXiv 1412.6980), is beside √v̂.
 *
 *   m ← m + (1 - β₁)(g - m),   v ← v + (1 - β₂)(g² - v)
 *   w ← w - η_t · m / (√v + 1e-7)       η_t = η √(1 - β₂^t) / (1 - β₁^t)
 */
import {
  add,
  defineOptimizer,
  div,
  type Expression,
  exp,
  type FloatType,
  log,
  mul,
  type OptimizerFunction,
  sqrt,
  square,
  sub,
} from "lanegrad";

type Floats = Expression<FloatType>;

const toward = (average: Floats, value: Floats, beta: Floats) => add(average, mul(sub(1, beta), sub(value, average)));
/** 1 - β^t */
const bias = (beta: Floats, step: Floats) => sub(1, exp(mul(step, log(beta))));

export const bookAdam: OptimizerFunction<"beta1" | "beta2"> = defineOptimizer({
  kind: "book/adam",
  defaults: { learningRate: 1e-3 },
  hyperparameters: { beta1: { default: 0.9, range: "(0, 1)" }, beta2: { default: 0.999, range: "(0, 1)" } },
  averages: ["m", "v"],
  update({ parameter, gradient, averages, hyperparameters: { beta1, beta2 }, learningRate, step }) {
    const m = toward(averages.m, gradient, beta1);
    const v = toward(averages.v, square(gradient), beta2);
    const rate = div(mul(learningRate, sqrt(bias(beta2, step))), bias(beta1, step));
    return { parameter: sub(parameter, div(mul(rate, m), add(sqrt(v), 1e-7))), averages: { m, v } };
  },
});
