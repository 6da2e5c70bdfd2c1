/** What a run records of its examples after a step. */
import type { Network } from "../../nn/network.ts";
import type { FloatType } from "../../wasm/dtype.ts";
import type { ResidentDataset } from "../feeding/resident.ts";
import type { EvaluationRecord } from "../loop/history.ts";
import { evaluation } from "./evaluate.ts";

type Measured = { readonly accuracy?: number | undefined; readonly loss?: number };

/** Measures what there is of the three, each dataset once; yields where it can be interrupted. */
export function* measure<D extends FloatType>(
  network: Network<D>,
  iteration: number,
  data: { readonly [Of in "train" | "test" | "validation"]: ResidentDataset | undefined },
): Generator<undefined, EvaluationRecord> {
  const train = data.train && (yield* accuracyOrLoss(network, data.train));
  const test = data.test && (data.test === data.train ? train : yield* accuracyOrLoss(network, data.test));
  const validation = data.validation && (yield* evaluation(network, data.validation));
  return {
    iteration,
    ...named("train", train),
    ...named("test", test),
    ...named("validation", validation),
  };
}

/** The accuracy alone where there are labels, else the loss, and the accuracy of yes-or-no answers. */
function* accuracyOrLoss<D extends FloatType>(
  network: Network<D>,
  data: ResidentDataset,
): Generator<undefined, Measured> {
  const { accuracy, loss } = yield* evaluation(network, data);
  return data.targetWidth === 0 ? { accuracy } : { accuracy, loss };
}

/** What was measured, under the names that records have. */
function named(of: "train" | "test" | "validation", { accuracy, loss }: Measured = {}): Partial<EvaluationRecord> {
  return {
    ...(accuracy !== undefined && { [`${of}Accuracy`]: accuracy }),
    ...(loss !== undefined && { [`${of}Loss`]: loss }),
  };
}
