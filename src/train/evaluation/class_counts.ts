/**
 * Counts of a classifier's predictions in one pass: the confusion matrix, and how often the label was among the top k.
 */
import { IndexError } from "../../errors.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { FloatType } from "../../wasm/dtype.ts";
import { BinaryCounts } from "./binary_metrics.ts";

export class ClassCounts {
  /** classes × classes, row = label, column = prediction */
  readonly confusion: Int32Array;
  readonly #classes: number;
  readonly #topK: number;
  #amongTop = 0;

  /** Examples that were not left out. */
  counted = 0;
  readonly #ignored: number | undefined;
  /** Of two classes: the second is yes, and the difference of the logits its score. */
  readonly answers: BinaryCounts | undefined;

  /**
   * @param topK 0: nothing is counted for it
   * @param threshold of two classes
   * @param ignored a label whose examples are left out
   */
  constructor(classes: number, topK: number, threshold?: number, ignored?: number) {
    this.#ignored = ignored;
    this.answers = classes === 2 ? new BinaryCounts(threshold) : undefined;
    this.confusion = new Int32Array(classes * classes);
    this.#classes = classes;
    this.#topK = topK;
  }

  /** Examples whose prediction is their label. */
  get correct(): number {
    let correct = 0;
    for (let at = 0; at < this.confusion.length; at += this.#classes + 1) correct += this.confusion[at] as number;
    return correct;
  }

  /** Examples with fewer than `topK` classes before their label. */
  get amongTop(): number {
    return this.#amongTop;
  }

  /**
   * Counts a block.
   *
   * @param z m × classes logits
   * @param first position of the block's first example in its dataset, for errors
   * @throws {IndexError} a label that there is no logit for
   */
  add(z: Tensor<FloatType>, labels: Tensor<"int32">, predictions: Tensor<"int32">, first: number): void {
    const classes = this.#classes;
    const { confusion } = this;
    const [label, prediction, logits] = [labels.data, predictions.data, z.data];
    for (let i = 0; i < label.length; i++) {
      const own = label[i] ?? -1;
      if (own === this.#ignored) continue;
      this.counted++;
      if (!(own >= 0 && own < classes)) throw new IndexError("evaluate", "labels", first + i, own, classes);
      const at = own * classes + (prediction[i] as number);
      (confusion[at] as number) += 1;
      this.answers?.add((logits[2 * i + 1] as number) - (logits[2 * i] as number), own);
      if (this.#topK > 0 && rankOf(logits, i * classes, classes, own) < this.#topK) this.#amongTop++;
    }
  }
}

/**
 * How many classes come before the label's in the row at `start`: larger logits, equal ones of lower classes, and NaN as
 * the largest of all. The row's argmax is the class of rank 0.
 */
function rankOf(z: Float32Array | Float64Array, start: number, classes: number, label: number): number {
  const own = z[start + label] ?? Number.NaN;
  const isUnordered = Number.isNaN(own);
  let rank = 0;
  for (let j = 0; j < classes; j++) {
    const other = z[start + j] ?? Number.NaN;
    if (isUnordered) rank += j < label && Number.isNaN(other) ? 1 : 0;
    else if (j < label) rank += other < own ? 0 : 1;
    else rank += other <= own ? 0 : 1;
  }
  return rank;
}
