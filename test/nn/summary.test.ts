/** A network as a table: by hand for a dense network and a convolutional one. */
import * as assert from "uvu/assert";
import { relu } from "../../src/nn/layers/activations.ts";
import { conv2d } from "../../src/nn/layers/conv2d.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { flatten } from "../../src/nn/layers/flatten.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import { network } from "../../src/nn/network.ts";
import { summary } from "../../src/nn/summary.ts";
import { loadEngine } from "../support/engine.ts";
import { leakFreeSuite } from "../support/leaks.ts";

const engine = await loadEngine();
const test = leakFreeSuite("summary", engine);

test("a dense network", () => {
  using net = network(engine, sequential(dense(784, 50), relu(), dense(50, 10)));
  const found = summary(net);
  assert.equal([found.parameters, found.multiplyAdds], [39_760, 39_700]);
  assert.is(
    `${found}`,
    [
      "layer    output shape  parameters  multiply-adds",
      "input    [784]",
      "0 dense  [50]              39,250         39,200",
      "1 relu   [50]                   0              0",
      "2 dense  [10]                 510            500",
      "total                      39,760         39,700",
    ].join("\n"),
  );
});

test("a convolutional one, with containers", () => {
  const layers = sequential(sequential(conv2d(4, 3), relu()), flatten(), dense(2));
  using net = network(engine, layers, { inputShape: [8, 8, 1] });
  const found = summary(net);
  assert.equal(
    found.layers.map(({ path, outputShape, parameters, multiplyAdds }) => [
      path,
      outputShape,
      parameters,
      multiplyAdds,
    ]),
    [
      ["0.0", [6, 6, 4], 40, 6 * 6 * 4 * 9],
      ["0.1", [6, 6, 4], 0, 0],
      ["1", [144], 0, 0],
      ["2", [2], 290, 288],
    ],
  );
  assert.equal(JSON.parse(JSON.stringify(found)).parameters, 330);
});

test.run();
