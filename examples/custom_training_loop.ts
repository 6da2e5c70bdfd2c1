/**
 * A loop and a loss of one's own. The loop says what a step learns from and how fast; the loss is any function of output
 * and targets that is written in operations, and is differentiated like the library's.
 *
 * One point in ten is far off the line y = 2x + 1. Expect the squared error to run after those, and a loss like Huber's
 * (1964), √(1 + d²) - 1, which grows like |d| where d is large, to keep to the others.
 */
import {
  add,
  dense,
  Engine,
  gather,
  input,
  type Loss,
  mean,
  momentum,
  network,
  RandomState,
  sequential,
  sqrt,
  square,
  sub,
  tensor,
} from "lanegrad";

const [POINTS, BATCH, STEPS] = [200, 20, 600];

const LOSSES: Readonly<Record<string, Loss<"float32">>> = {
  "squared error": (y, t) => mean(square(sub(y, t))),
  "Huber's loss": (y, t) => mean(sub(sqrt(add(square(sub(y, t)), 1)), 1)),
};

const random = new RandomState(0);
const xs = random.rand(POINTS).map((x) => 2 * x - 1);
const ys = xs.map((x, i) => 2 * x + 1 + 0.1 * random.randn() + (i % 10 === 0 ? 10 * (x + 1) : 0));

using engine = await Engine.load();
using points = tensor(engine, xs, { dtype: "float32", shape: [POINTS, 1] });
using values = tensor(engine, ys, { dtype: "float32", shape: [POINTS, 1] });

for (const [name, loss] of Object.entries(LOSSES)) {
  using net = network(engine, sequential(dense(1, 1)), { seed: 0, loss });
  using state = net.optimize(momentum({ learningRate: 0.02 }));
  // Gather, forward, loss, backward, update: one program. Which rows it takes is set before each step.
  const rows = input(engine, [BATCH], { name: "rows", dtype: "int32" });
  using step = net.trainingStep(state, { x: gather(points, rows), t: gather(values, rows) });
  const draws = new RandomState(1);
  for (let i = 0; i < STEPS; i++) {
    step.program.inputs["rows"]?.set(draws.choice(POINTS, BATCH));
    step.run(i < STEPS / 2 ? undefined : 0.002); // in the second half slower than the optimizer says
  }
  const { W1, b1 } = net.parameters;
  console.log(`${name}: y = ${W1?.data[0]?.toFixed(3)} x + ${b1?.data[0]?.toFixed(3)}`);
}
