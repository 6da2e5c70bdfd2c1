/**
 * A network's parameters and their gradients: one block each, with named views into it.
 */
import { axpy } from "../ops/vectors.ts";
import { type TensorGroup, tensorGroup } from "../tensor/group.ts";
import type { Shape } from "../tensor/layout.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { FloatType } from "../wasm/dtype.ts";
import type { Engine } from "../wasm/engine.ts";

/** A network's parameters, or their gradients: W1, b1 and so on. */
export type NamedTensors<Name extends string, D extends FloatType> = { readonly [N in Name]: Tensor<D> };

/** Owns the parameters of a network, their gradients by backpropagation, and those by central differences. */
export class Parameters<Name extends string, D extends FloatType> {
  readonly #engine: Engine;
  readonly #shapes: { readonly [N in Name]: Shape };
  readonly #dtype: D;
  readonly #values: TensorGroup<Name, D>;
  #gradients: TensorGroup<Name, D> | undefined;
  #numerical: TensorGroup<Name, D> | undefined;

  constructor(engine: Engine, shapes: { readonly [N in Name]: Shape }, dtype: D) {
    this.#engine = engine;
    this.#shapes = shapes;
    this.#dtype = dtype;
    this.#values = tensorGroup(engine, shapes, dtype, { name: "parameters" });
  }

  get values(): NamedTensors<Name, D> {
    return this.#values.parts;
  }

  get gradients(): NamedTensors<Name, D> {
    return this.gradientGroup.parts;
  }

  /** The parameters as one vector. */
  get whole(): Tensor<D> {
    return this.#values.whole;
  }

  get valueGroup(): TensorGroup<Name, D> {
    return this.#values;
  }

  /** Made when it is first asked for: a network that predicts has no gradients. */
  get gradientGroup(): TensorGroup<Name, D> {
    void this.whole.pointer; // a network that was disposed of makes nothing any more
    this.#gradients ??= tensorGroup(this.#engine, this.#shapes, this.#dtype, { name: "gradients", prefix: "d" });
    return this.#gradients;
  }

  /** parameter ← parameter - learningRate · gradient, in one pass. */
  descend(learningRate: number): void {
    axpy(-learningRate, this.gradientGroup.whole, this.#values.whole);
  }

  /** Room for gradients by central differences. */
  get numerical(): NamedTensors<Name, D> {
    this.#numerical ??= tensorGroup(this.#engine, this.#shapes, this.#dtype, { prefix: "d" });
    return this.#numerical.parts;
  }

  dispose(): void {
    this.#values.whole.dispose();
    this.#gradients?.whole.dispose();
    this.#numerical?.whole.dispose();
  }
}
