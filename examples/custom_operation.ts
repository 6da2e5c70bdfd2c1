/**
 * An operation of one's own: shape rule, kernel and gradient rule in one record, held by gradCheck.
 *
 * Expect no element whose gradient differs from the central difference.
 */
import {
  apply,
  div,
  Engine,
  type Expression,
  gradCheck,
  mul,
  type Operation,
  square,
  tensor,
  type Value,
} from "lanegrad";

type Doubles = Expression<"float64">;

/** y = x / (1 + |x|), whose slope is (1 - |y|)². */
const SOFTSIGN: Operation = {
  name: "softsign",
  spec: ([x]) => ({ dtype: (x as Value).dtype, shape: (x as Value).shape }),
  bind({ memory, result, at: [x], out }) {
    const count = result.shape.reduce((product, extent) => product * extent, 1);
    const dtype = result.dtype as "float64";
    const compute = (): void => {
      const from = memory.view(dtype, x!.pointer, count);
      const to = memory.view(dtype, out.pointer, count);
      for (let i = 0; i < count; i++) to[i] = from[i]! / (1 + Math.abs(from[i]!));
    };
    return [compute];
  },
  // y / x = 1 / (1 + |x|) = 1 - |y|
  gradient: (_, { operands: [x], result: y }, dy) => mul(dy, square(div(y, x!))),
  inPlace: [0],
};

const softsign = (x: Doubles): Doubles => apply(SOFTSIGN, [x], {}) as Doubles;

using engine = await Engine.load();
using x = tensor(engine, new Float64Array([-2, -0.5, 1, 3]), { name: "x" });
const [check] = gradCheck(softsign, [x]).inputs;
console.log(`softsign: ${check!.elements} elements, ${check!.failures} wrong`);
