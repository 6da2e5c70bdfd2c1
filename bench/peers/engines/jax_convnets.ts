/**
 * Convolutional networks of jax-js, channels first. It has no pooling with a gradient: windows of 2 × 2 are axes of their own,
 * and their maximum is taken.
 */
import {
  type ConvForward,
  type ConvNetwork,
  type ConvStep,
  channelsFirst,
  imagesFirst,
  shapesOf,
} from "../convnets.ts";
import { type Prepared, timedAsync } from "../engine.ts";
import type { Jax, JaxArray } from "../packages.ts";
import { joined } from "../work.ts";

export function prepareForward(jax: Jax, work: ConvForward): Prepared {
  const { x, parameters } = operandsOf(jax, work);
  const f = jax.jit((images: JaxArray, ...values: JaxArray[]) => logitsOf(jax, work, images, values));
  let last: JaxArray | undefined;
  return {
    seconds: timedAsync(async () => {
      last?.dispose();
      last = f(x.ref, ...parameters.map(({ ref }) => ref));
      await last.blockUntilReady();
    }),
    result: () => last!.ref.dataSync(),
    dispose: () => {
      for (const each of [x, ...parameters, ...(last === undefined ? [] : [last])]) each.dispose();
    },
  };
}

export function prepareStep(jax: Jax, work: ConvStep): Prepared {
  const { numpy: np, nn } = jax;
  const operands = operandsOf(jax, work);
  const { x } = operands;
  const targets = np.array(work.oneHot, { shape: [work.rows, work.oneHot.length / work.rows] });
  const loss = (...values: JaxArray[]) => {
    const [images, wanted, ...parameters] = values as [JaxArray, JaxArray, ...JaxArray[]];
    const logarithms = nn.logSoftmax(logitsOf(jax, work, images, parameters));
    return np.sum(wanted.mul(logarithms)).mul(-1 / work.rows);
  };
  const gradients = jax.grad(loss, { argnums: operands.parameters.map((_, i) => i + 2) });
  const f = jax.jit((...values: JaxArray[]) => {
    const before = values.slice(2).map(({ ref }) => ref);
    return gradients(...values).map((gradient, i) => before[i]!.sub(gradient.mul(work.learningRate)));
  });
  let parameters = operands.parameters;
  const back = channelsFirst(work).map((each) => each.back);
  return {
    seconds: timedAsync(async () => {
      parameters = f(x.ref, targets.ref, ...parameters);
      await jax.blockUntilReady(parameters);
    }),
    result: () => joined(parameters.map(({ ref }, i) => back[i]!(ref.dataSync()))),
    dispose: () => {
      for (const each of [x, targets, ...parameters]) each.dispose();
    },
  };
}

function logitsOf(jax: Jax, { shape, layers, rows }: ConvNetwork, images: JaxArray, parameters: readonly JaxArray[]) {
  const { numpy: np, nn, lax } = jax;
  const shapes = shapesOf(shape, layers);
  let x = images;
  let next = 0;
  for (const [i, layer] of layers.entries()) {
    const [h, w, c] = shapes[i]!;
    switch (layer.kind) {
      case "conv":
      case "depthwise": {
        const { padding } = layer;
        const featureGroupCount = layer.kind === "depthwise" ? c : 1;
        const pads = [padding, padding] as const;
        const y = lax.convGeneralDilated(x, parameters[next++]!, [1, 1], [pads, pads], { featureGroupCount });
        const bias = np.reshape(parameters[next++]!, [1, shapes[i + 1]![2], 1, 1]);
        x = y.add(bias);
        break;
      }
      case "dense":
        x = np.matmul(np.reshape(x, [rows, layer.inputs]), parameters[next++]!).add(parameters[next++]!);
        break;
      case "maxPool":
        x = np.max(np.reshape(x, [rows, c, h / 2, 2, w / 2, 2]), [3, 5]);
        break;
      case "meanPool":
        x = np.mean(x, [2, 3]);
        break;
      case "relu":
        x = nn.relu(x);
    }
  }
  return x;
}

function operandsOf(jax: Jax, work: ConvNetwork): { x: JaxArray; parameters: JaxArray[] } {
  const [h, w, c] = work.shape;
  return {
    x: jax.numpy.array(imagesFirst(work), { shape: [work.rows, c, h, w] }),
    parameters: channelsFirst(work).map(({ shape, values }) => jax.numpy.array(values, { shape })),
  };
}
