/**
 * A transform of AssemblyScript's compiler: what is called in these files stays a call, unless it is `@inline`. Copies of it would
 * make the kernels larger, and save no time.
 */
const COLD = [
  "heap",
  "convolution/windows",
  "convolution/input",
  "convolution/forward",
  "kernels/depthwise",
  "kernels/integers",
  "kernels/linalg",
  "kernels/pool",
  "kernels/resize",
  "kernels/rows",
  "kernels/strided",
  "kernels/sparse_rows",
  "simd/log",
  "simd/polynomial",
  "simd/powers",
  "simd/trigonometry",
];

export default class {
  afterCompile(module) {
    for (const file of COLD) {
      this.binaryen.setPassArgument("no-inline", `assembly/${file}/*`);
      module.runPasses(["no-inline"]);
    }
  }
}
