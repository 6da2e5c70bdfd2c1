/**
 * Convolutional networks of TensorFlow.js, channels last as it has them. Its WebAssembly backend has no gradient of a
 * convolution's weights, so that a step runs on its backend in plain JavaScript, which it falls back to.
 */
import { type ConvForward, type ConvNetwork, type ConvStep, parametersOf } from "../convnets.ts";
import { type Prepared, timed } from "../engine.ts";
import type { TfjsTensor as Tensor, Tfjs } from "../packages.ts";
import { joined } from "../work.ts";

export function prepareForward(tf: Tfjs, work: ConvForward): Prepared {
  const x = tf.tensor(work.x, [work.rows, ...work.shape]);
  const parameters = tensorsOf(tf, work);
  let last: Tensor | undefined;
  return {
    seconds: timed(() => {
      last?.dispose();
      last = tf.tidy(() => logitsOf(tf, work, x, parameters));
    }),
    result: () => Float32Array.from(last!.dataSync()),
    dispose: () => tf.dispose([x, ...parameters, ...(last === undefined ? [] : [last])]),
  };
}

export function prepareStep(tf: Tfjs, work: ConvStep): Prepared {
  const x = tf.tensor(work.x, [work.rows, ...work.shape]);
  const targets = tf.tensor(work.oneHot, [work.rows, work.oneHot.length / work.rows]);
  const rate = tf.scalar(work.learningRate);
  const loss = (...values: Tensor[]) =>
    tf.mean(tf.neg(tf.sum(tf.mul(targets, tf.logSoftmax(logitsOf(tf, work, x, values))), 1)));
  const gradients = tf.grads(loss);
  let parameters = tensorsOf(tf, work);
  return {
    seconds: timed(() => {
      const before = parameters;
      parameters = tf.tidy(() => gradients(before).map((gradient, i) => tf.sub(before[i]!, tf.mul(rate, gradient))));
      tf.dispose(before);
    }),
    result: () => joined(parameters.map((tensor) => tensor.dataSync())),
    dispose: () => tf.dispose([x, targets, rate, ...parameters]),
  };
}

/** An activation goes into the layer before it, where `fused` has that; its gradients are those of the operations. */
function logitsOf(tf: Tfjs, { layers, rows }: ConvNetwork, images: Tensor, parameters: readonly Tensor[]): Tensor {
  let x = images;
  let next = 0;
  for (const [i, layer] of layers.entries()) {
    const activation = layers[i + 1]?.kind === "relu" ? "relu" : "linear";
    switch (layer.kind) {
      case "conv": {
        const [filter, bias] = [parameters[next++]!, parameters[next++]!];
        x = tf.fused.conv2d({ x, filter, bias, strides: 1, pad: layer.padding, activation });
        break;
      }
      case "depthwise": {
        const [filter, bias] = [parameters[next++]!, parameters[next++]!];
        x = tf.fused.depthwiseConv2d({ x, filter, bias, strides: 1, pad: layer.padding, activation });
        break;
      }
      case "dense": {
        const [b, bias] = [parameters[next++]!, parameters[next++]!];
        x = tf.fused.matMul({ a: tf.reshape(x, [rows, layer.inputs]), b, bias, activation });
        break;
      }
      case "maxPool":
        x = tf.maxPool(x, 2, 2, "valid");
        break;
      case "meanPool":
        x = tf.mean(x, [1, 2]);
    }
  }
  return x;
}

function tensorsOf(tf: Tfjs, { layers }: ConvNetwork): Tensor[] {
  const shapes = layers.flatMap((layer): number[][] => {
    if (!("weights" in layer)) return [];
    if (layer.kind === "dense") return [[layer.inputs, layer.outputs], [layer.outputs]];
    const outputs = layer.kind === "conv" ? layer.outputs : layer.inputs;
    const of = layer.kind === "conv" ? [layer.inputs, outputs] : [layer.inputs, 1];
    return [[layer.size, layer.size, ...of], [outputs]];
  });
  return parametersOf(layers).map((values, i) => tf.tensor(values, shapes[i] ?? []));
}
