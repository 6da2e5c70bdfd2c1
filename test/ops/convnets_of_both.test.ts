/** Convolutions and normalisations of tensors beside an expression: nodes, whose operands live as long as the program. */
import { compile } from "../../src/autodiff/program.ts";
import { convTranspose2d } from "../../src/ops/convolution.ts";
import { depthwiseConv2d } from "../../src/ops/depthwise.ts";
import { groupNorm, layerNorm } from "../../src/ops/normalization.ts";
import { type Expression, expressionOf, input } from "../../src/tensor/expression.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";
import { assertEqual } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { leakFreeSuite } from "../support/leaks.ts";

const engine = await loadEngine();
const test = leakFreeSuite("tensors beside an expression", engine);

type Floats = Expression<"float32">;
const CASES: Readonly<Record<string, (x: Tensor<"float32"> | Floats, w: Tensor<"float32">, last: Floats) => unknown>> =
  {
    "layerNorm, gain": (x, _, gain) => layerNorm(x as Tensor<"float32">, { gain } as object),
    "layerNorm, bias": (x, _, bias) => layerNorm(x as Tensor<"float32">, { bias } as object),
    "groupNorm, gain": (x, _, gain) => groupNorm(x as Tensor<"float32">, 1, { gain } as object),
    "depthwiseConv2d, bias": (x, w, bias) => depthwiseConv2d(x as Tensor<"float32">, w, { bias } as object),
    "convTranspose2d, bias": (x, w, bias) => convTranspose2d(x as Tensor<"float32">, w, { bias } as object),
  };

for (const [name, f] of Object.entries(CASES)) {
  test(`${name}: as with x as an expression, and nothing is left behind`, () => {
    using x = tensor(engine, [1, -2, 3, 5], { shape: [1, 2, 2, 1] });
    const isDepthwise = name.startsWith("depthwise");
    using w = tensor(engine, [2, -3], { shape: isDepthwise ? [1, 1, 1, 2] : [1, 2, 1, 1] });
    const last = input(engine, [isDepthwise ? 2 : 1], { name: "last" });
    using program = compile({ y: f(x, w, last) as Floats, wanted: f(expressionOf(x), w, last) as Floats });
    program.inputs["last"]?.set(isDepthwise ? [4, 5] : [4]);
    program.run();
    assertEqual(program.outputs.y.data, program.outputs.wanted.data, name);
  });
}

test.run();
