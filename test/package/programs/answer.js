/** A network's answer after a few steps, and that of its file: by the package's address, because import maps do not reach worklets. */
import {
  decodeNetwork,
  dense,
  encodeNetwork,
  network,
  relu,
  sequential,
  sgd,
  tensor,
} from "./node_modules/lanegrad/dist/index.js";

export function answerOf(engine) {
  const net = network(engine, sequential(dense(2, 4), relu(), dense(4, 2)), { seed: 0 });
  const state = net.optimize(sgd({ learningRate: 0.1 }));
  const [x, t] = [
    tensor(engine, [
      [0, 1],
      [1, 0],
    ]),
    tensor(engine, Int32Array.of(0, 1)),
  ];
  for (let step = 0; step < 10; step++) net.step(state, x, t);
  return [net, decodeNetwork(engine, encodeNetwork(net))].map((own) => [...own.predict([[1, 2]]).data]);
}
