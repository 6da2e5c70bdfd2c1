/**
 * The peers' packages: what the engines use of them, written down here, so that they are checked without being
 * installed. @jax-js/jax 0.1.25, @tensorflow/tfjs-core and tfjs-backend-wasm 4.22.0, onnxruntime-web 1.30.0.
 */

/** @throws {Error} (rejects) it is not installed, or does not load */
export async function importPackage<T>(name: string): Promise<T> {
  return (await import(name)) as T;
}

/** @tensorflow/tfjs-core */
export type Tfjs = {
  setBackend(name: string): Promise<boolean>;
  env(): { get(name: string): unknown };
  tensor1d(values: Float32Array): TfjsTensor;
  tensor2d(values: Float32Array, shape: readonly number[]): TfjsTensor;
  tensor(values: Float32Array | Int32Array, shape: readonly number[], dtype?: "float32" | "int32"): TfjsTensor;
  scalar(value: number): TfjsTensor;
  matMul(a: TfjsTensor, b: TfjsTensor, transposeA?: boolean, transposeB?: boolean): TfjsTensor;
  transpose(x: TfjsTensor, order?: readonly number[]): TfjsTensor;
  relu(x: TfjsTensor): TfjsTensor;
  abs(x: TfjsTensor): TfjsTensor;
  sqrt(x: TfjsTensor): TfjsTensor;
  exp(x: TfjsTensor): TfjsTensor;
  log(x: TfjsTensor): TfjsTensor;
  tanh(x: TfjsTensor): TfjsTensor;
  sin(x: TfjsTensor): TfjsTensor;
  sigmoid(x: TfjsTensor): TfjsTensor;
  step(x: TfjsTensor): TfjsTensor;
  softmax(x: TfjsTensor): TfjsTensor;
  mean(x: TfjsTensor, axes?: readonly number[]): TfjsTensor;
  neg(x: TfjsTensor): TfjsTensor;
  logSoftmax(x: TfjsTensor): TfjsTensor;
  reshape(x: TfjsTensor, shape: readonly number[]): TfjsTensor;
  maxPool(x: TfjsTensor, size: number, strides: number, padding: "valid"): TfjsTensor;
  /** The gradients of f in each of its arguments. */
  grads(f: (...args: TfjsTensor[]) => TfjsTensor): (args: readonly TfjsTensor[]) => TfjsTensor[];
  sum(x: TfjsTensor, axis?: number): TfjsTensor;
  max(x: TfjsTensor, axis: number): TfjsTensor;
  argMax(x: TfjsTensor, axis: number): TfjsTensor;
  cumsum(x: TfjsTensor, axis: number): TfjsTensor;
  topk(x: TfjsTensor, k: number): { readonly values: TfjsTensor };
  reverse(x: TfjsTensor, axis: number): TfjsTensor;
  gather(x: TfjsTensor, indices: TfjsTensor): TfjsTensor;
  expandDims(x: TfjsTensor, axis: number): TfjsTensor;
  /** Sums what goes to the same place. */
  scatterND(indices: TfjsTensor, updates: TfjsTensor, shape: readonly number[]): TfjsTensor;
  add(a: TfjsTensor, b: TfjsTensor): TfjsTensor;
  div(a: TfjsTensor, b: TfjsTensor): TfjsTensor;
  maximum(a: TfjsTensor, b: TfjsTensor): TfjsTensor;
  sub(a: TfjsTensor, b: TfjsTensor): TfjsTensor;
  mul(a: TfjsTensor, b: TfjsTensor): TfjsTensor;
  /** Disposes of what `run` makes but does not return. */
  tidy<T>(run: () => T): T;
  dispose(tensors: readonly TfjsTensor[]): void;
  readonly fused: {
    /** activation(a·b + bias) */
    matMul(operands: {
      readonly a: TfjsTensor;
      readonly b: TfjsTensor;
      readonly bias: TfjsTensor;
      readonly activation: "linear" | "relu" | "sigmoid";
    }): TfjsTensor;
    conv2d(operands: TfjsConvolution): TfjsTensor;
    depthwiseConv2d(operands: TfjsConvolution): TfjsTensor;
  };
};

/** x [N, H, W, C], filter [KH, KW, C, OC]; of a depthwise one [KH, KW, C, multiplier]. */
type TfjsConvolution = {
  readonly x: TfjsTensor;
  readonly filter: TfjsTensor;
  readonly bias: TfjsTensor;
  readonly strides: number;
  readonly pad: number;
  readonly activation: "linear" | "relu";
};

export type TfjsTensor = { readonly shape: readonly number[]; dataSync(): Float32Array; dispose(): void };

/** @tensorflow/tfjs-backend-wasm */
export type TfjsWasm = { setThreadsCount(threads: number): void };

/** onnxruntime-web */
export type OnnxRuntime = {
  readonly env: { readonly wasm: { numThreads: number } };
  readonly Tensor: new (
    type: "float32" | "uint8",
    data: Float32Array | Uint8Array,
    shape: readonly number[],
  ) => OnnxTensor;
  readonly InferenceSession: {
    create(model: Uint8Array, options: { readonly executionProviders: readonly string[] }): Promise<OnnxSession>;
  };
};

export type OnnxTensor = { readonly data: Float32Array | Uint8Array };

export type OnnxSession = {
  run(feeds: Readonly<Record<string, OnnxTensor>>): Promise<Readonly<Record<string, OnnxTensor>>>;
  release(): Promise<void>;
};

/** @jax-js/jax */
export type Jax = {
  init(device: "wasm"): Promise<readonly string[]>;
  defaultDevice(device: "wasm"): void;
  jit<A extends readonly JaxArray[], R>(f: (...args: A) => R): (...args: A) => R;
  grad(
    f: (...args: JaxArray[]) => JaxArray,
    options: { readonly argnums: readonly number[] },
  ): (...args: JaxArray[]) => JaxArray[];
  blockUntilReady(arrays: readonly JaxArray[]): Promise<unknown>;
  readonly lax: {
    /** x [N, C, H, W], weights [OC, C, KH, KW]. */
    convGeneralDilated(
      x: JaxArray,
      weights: JaxArray,
      strides: readonly number[],
      padding: readonly (readonly [number, number])[],
      options: { readonly featureGroupCount: number },
    ): JaxArray;
  };
  readonly numpy: {
    array(values: Float32Array | Int32Array, options?: { readonly shape: readonly number[] }): JaxArray;
    matmul(a: JaxArray, b: JaxArray): JaxArray;
    transpose(x: JaxArray, order?: readonly number[]): JaxArray;
    abs(x: JaxArray): JaxArray;
    sqrt(x: JaxArray): JaxArray;
    exp(x: JaxArray): JaxArray;
    log(x: JaxArray): JaxArray;
    tanh(x: JaxArray): JaxArray;
    sin(x: JaxArray): JaxArray;
    sign(x: JaxArray): JaxArray;
    mean(x: JaxArray, axes: readonly number[]): JaxArray;
    reshape(x: JaxArray, shape: readonly number[]): JaxArray;
    maximum(a: JaxArray, b: JaxArray): JaxArray;
    sum(x: JaxArray, axis?: number): JaxArray;
    max(x: JaxArray, axes: number | readonly number[]): JaxArray;
    argmax(x: JaxArray, axes: number | readonly number[]): JaxArray;
    sort(x: JaxArray): JaxArray;
    cumsum(x: JaxArray, axis: number): JaxArray;
    take(x: JaxArray, indices: JaxArray, axis: number): JaxArray;
  };
  readonly nn: {
    sigmoid(x: JaxArray): JaxArray;
    relu(x: JaxArray): JaxArray;
    softmax(x: JaxArray): JaxArray;
    logSoftmax(x: JaxArray): JaxArray;
  };
};

export type JaxArray = {
  readonly shape: readonly number[];
  /** The same array, to be given away once more. */
  readonly ref: JaxArray;
  add(other: JaxArray): JaxArray;
  sub(other: JaxArray): JaxArray;
  mul(other: JaxArray | number): JaxArray;
  div(other: JaxArray): JaxArray;
  dataSync(): Float32Array;
  blockUntilReady(): Promise<JaxArray>;
  dispose(): void;
};
