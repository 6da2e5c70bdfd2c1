/** Windows over images as attributes of ONNX's Conv, MaxPool and AveragePool. */
import type { OnnxAttribute } from "../../formats/onnx.ts";
import type { Pair, WindowOptions } from "../../ops/convolution_sizes.ts";
import type { Shape } from "../../tensor/layout.ts";
import { windowsOver } from "./images.ts";

export function onnxWindows(input: Shape, kernelSize: Pair, options: WindowOptions): Record<string, OnnxAttribute> {
  const { kernel, stride, dilation, padding } = windowsOver("onnx", input, kernelSize, options);
  const [top, right, bottom, left] = padding;
  return {
    kernel_shape: { ints: kernel },
    strides: { ints: stride },
    pads: { ints: [top, left, bottom, right] },
    dilations: { ints: dilation },
  };
}
