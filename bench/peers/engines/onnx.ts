/**
 * onnxruntime-web on WebAssembly: SIMD, one thread. A session takes arrays and gives arrays, so that copying them in
 * and out is part of every run and of the time; what a promise of `run` gives is complete.
 */
import { imagesFirst } from "../convnets.ts";
import { type Engine, type Prepared, timedAsync } from "../engine.ts";
import { importPackage, type OnnxRuntime, type OnnxSession, type OnnxTensor } from "../packages.ts";
import { joined, type Step, type Work } from "../work.ts";
import { convForwardGraph } from "./onnx_convnets.ts";
import { forwardGraph, gemmGraph, mapGraph, softmaxGraph, stepGraph } from "./onnx_graphs.ts";
import { encodeModel, type Graph } from "./onnx_model.ts";

const ort = await importPackage<OnnxRuntime>("onnxruntime-web");

export async function loadOnnx(): Promise<Engine> {
  ort.env.wasm.numThreads = 1;
  // Its first session starts its runtime, which defines Worker in Node; where jax-js finds one, it starts threads.
  const { Worker: before } = globalThis;
  const first = await sessionOf(softmaxGraph({ kind: "softmax", rows: 1, columns: 1, x: new Float32Array(1) }));
  await first.release();
  globalThis.Worker = before;
  return { prepare, close: () => {} };
}

async function prepare(work: Work): Promise<Prepared> {
  switch (work.kind) {
    case "gemm": {
      const graph = gemmGraph(work);
      return prepared(graph, { a: floats(work.a, graph, 0), b: floats(work.b, graph, 1) });
    }
    case "map": {
      const graph = mapGraph(work);
      return prepared(graph, { x: floats(work.x, graph, 0) });
    }
    case "softmax": {
      const graph = softmaxGraph(work);
      return prepared(graph, { x: floats(work.x, graph, 0) });
    }
    case "step":
      return prepareStep(work);
    case "forward": {
      const { rows, digits } = work;
      const pixels = new ort.Tensor("uint8", digits.inputs, [rows, digits.size]);
      return prepared(forwardGraph(work), { pixels });
    }
    case "convForward": {
      const graph = convForwardGraph(work);
      return prepared(graph, { x: floats(imagesFirst(work), graph, 0) });
    }
    case "convStep":
      throw new Error("it has no gradients");
    case "operation":
      throw new Error("it is not compared by operations");
  }
}

/** What a step gives goes into the next. */
async function prepareStep(work: Step): Promise<Prepared> {
  const graph = stepGraph(work);
  const session = await sessionOf(graph);
  const values = [work.x, work.oneHot, ...work.layers.flatMap(({ weights, bias }) => [weights, bias])];
  const feeds: Record<string, OnnxTensor> = {};
  for (const [i, { name }] of graph.inputs.entries()) feeds[name] = floats(values[i] as Float32Array, graph, i);
  const parameters = graph.inputs.slice(2).map(({ name }) => name);
  const step = async () => {
    const after = await session.run(feeds);
    for (const name of parameters) feeds[name] = after[`${name} after`]!;
  };
  return {
    seconds: timedAsync(step),
    result: () => joined(parameters.map((name) => feeds[name]!.data as Float32Array)),
    dispose: () => void session.release(),
  };
}

async function prepared(graph: Graph, feeds: Record<string, OnnxTensor>): Promise<Prepared> {
  const session = await sessionOf(graph);
  const [{ name } = { name: "" }] = graph.outputs;
  let last: OnnxTensor | undefined;
  return {
    seconds: timedAsync(async () => {
      last = (await session.run(feeds))[name];
    }),
    result: () => last!.data as Float32Array,
    dispose: () => void session.release(),
  };
}

function sessionOf(graph: Graph): Promise<OnnxSession> {
  return ort.InferenceSession.create(encodeModel(graph), { executionProviders: ["wasm"] });
}

/** The numbers in the shape of one of the graph's inputs. */
function floats(numbers: Float32Array, graph: Graph, input: number): OnnxTensor {
  return new ort.Tensor("float32", numbers, graph.inputs[input]!.shape);
}
