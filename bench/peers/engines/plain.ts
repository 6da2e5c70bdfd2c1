/** Plain JavaScript: loops over typed arrays. Every call ends with its result in an array. */
import { plainKernels } from "../../plain/copies.ts";
import { PlainNetwork } from "../../plain/network.ts";
import { type Engine, type Prepared, timed } from "../engine.ts";
import { flatten, type Work } from "../work.ts";

const { gemmRows, softmax, ...kernels } = plainKernels("float32");

export async function loadPlain(): Promise<Engine> {
  return { prepare: async (work) => prepare(work), close: () => {} };
}

function prepare(work: Work): Prepared {
  switch (work.kind) {
    case "gemm": {
      const { layout, m, k, n, a, b } = work;
      const c = new Float32Array(m * n);
      const [rsa, csa] = layout === "nn" ? [k, 1] : [1, m];
      return prepared(
        () => gemmRows(m, n, k, a, rsa, csa, b, c),
        () => c,
      );
    }
    case "map": {
      const y = new Float32Array(work.x.length);
      const f = kernels[work.f];
      return prepared(
        () => f(work.x, y),
        () => y,
      );
    }
    case "softmax": {
      const p = new Float32Array(work.x.length);
      return prepared(
        () => softmax(work.rows, work.columns, work.x, p),
        () => p,
      );
    }
    case "step": {
      const net = networkOf(work);
      return prepared(
        () => net.step(work.x, work.labels, work.learningRate),
        () => flatten(net.layers),
      );
    }
    case "forward": {
      const net = networkOf(work);
      return prepared(
        () => net.forward(work.x),
        () => Float32Array.from(net.forward(work.x)),
      );
    }
    case "convForward":
    case "convStep":
      throw new Error("it has no convolutions");
    case "operation":
      throw new Error("it is not compared by operations");
  }
}

function networkOf({ sizes, rows, activation, layers }: Extract<Work, { sizes: readonly number[] }>): PlainNetwork {
  const net = new PlainNetwork(sizes, rows, activation);
  net.set(layers);
  return net;
}

function prepared(run: () => unknown, result: () => Float32Array): Prepared {
  return { seconds: timed(run), result, dispose: () => {} };
}
