/** What follows the last layer: softmax, losses with their gradients, the most probable class. */
import {
  argmax,
  countCorrect,
  type Engine,
  RandomState,
  softmax,
  softmaxCrossEntropy,
  squaredError,
  type Tensor,
  tensor,
  zeros,
} from "lanegrad";
import { type Case, distanceOf, ROUNDING, sizeOf, type Trial, tensorTrial } from "./case.ts";
import { plainKernels } from "./plain/copies.ts";

const CLASSES = 10;
const DTYPE = "float32";
const {
  softmax: plainSoftmax,
  crossEntropy,
  squaredError: plainSquaredError,
  argmax: plainArgmax,
} = plainKernels(DTYPE);
const doubles = plainKernels("float64");

/** An exponential, a sum and a quotient, with room. */
const TOLERANCE = 16 * ROUNDING[DTYPE];

export function lossCases(): Case[] {
  return [
    lossCase("softmax", 10_000, softmaxTrial),
    lossCase("softmax", 100, softmaxTrial),
    lossCase("crossEntropy", 100, crossEntropyTrial),
    lossCase("crossEntropy gradient", 100, gradientTrial),
    lossCase("squaredError gradient", 100, squaredErrorTrial),
    lossCase("argmax", 10_000, argmaxTrial),
    lossCase("countCorrect", 10_000, countTrial),
  ];
}

function lossCase(name: string, rows: number, trial: (data: LossData) => Trial): Case {
  return {
    name: `${name} ${rows}x${CLASSES}`,
    elements: rows * CLASSES,
    dtype: DTYPE,
    prepare: (engine) => trial(dataOf(engine, rows)),
  };
}

/** Random logits and labels, here and in an engine. */
type LossData = {
  readonly rows: number;
  readonly logits: Float32Array;
  readonly labels: Int32Array;
  readonly z: Tensor<"float32">;
  readonly t: Tensor<"int32">;
  /** Room for as many numbers as there are logits. */
  readonly out: Tensor<"float32">;
  readonly owned: readonly Tensor[];
};

function dataOf(engine: Engine, rows: number): LossData {
  const random = new RandomState(1);
  const logits = Float32Array.from(random.randn(rows, CLASSES), (draw) => 3 * draw);
  const labels = random.choice(CLASSES, rows);
  const z = tensor(engine, logits, { shape: [rows, CLASSES] });
  const t = tensor(engine, labels);
  const out = zeros(engine, [rows, CLASSES]);
  return { rows, logits, labels, z, t, out, owned: [z, t, out] };
}

function softmaxTrial({ rows, logits, z, out, owned }: LossData): Trial {
  const options = { out };
  const p = new Float32Array(logits.length);
  return tensorTrial({
    run: () => softmax(z, options),
    plain: () => plainSoftmax(rows, CLASSES, logits, p),
    reference: () => doubles.softmax(rows, CLASSES, Float64Array.from(logits), new Float64Array(logits.length)),
    tolerance: TOLERANCE,
    owned,
  });
}

function crossEntropyTrial({ rows, logits, labels, z, t, owned }: LossData): Trial {
  const gradient = new Float32Array(logits.length);
  const wanted = new Float64Array(logits.length);
  return {
    run: () => softmaxCrossEntropy(z, t),
    plain: () => crossEntropy(rows, CLASSES, logits, labels, gradient),
    residual: () =>
      Math.abs(
        softmaxCrossEntropy(z, t) - doubles.crossEntropy(rows, CLASSES, Float64Array.from(logits), labels, wanted),
      ),
    tolerance: TOLERANCE,
    owned,
  };
}

function gradientTrial({ rows, logits, labels, z, t, out, owned }: LossData): Trial {
  const options = { gradient: out };
  const gradient = new Float32Array(logits.length);
  const wanted = new Float64Array(logits.length);
  return {
    run: () => softmaxCrossEntropy(z, t, options),
    plain: () => crossEntropy(rows, CLASSES, logits, labels, gradient),
    residual: () => {
      softmaxCrossEntropy(z, t, options);
      doubles.crossEntropy(rows, CLASSES, Float64Array.from(logits), labels, wanted);
      return rows * distanceOf(out.data, wanted);
    },
    tolerance: TOLERANCE,
    owned,
  };
}

/** The logits stand for outputs, and their softmax for targets. */
function squaredErrorTrial({ logits, z, out, owned }: LossData): Trial {
  const targets = softmax(z);
  const options = { gradient: out };
  const plainTargets = targets.data.slice();
  const gradient = new Float32Array(logits.length);
  const wanted = new Float64Array(logits.length);
  return {
    run: () => squaredError(z, targets, options),
    plain: () => plainSquaredError(logits, plainTargets, gradient),
    residual: () => {
      squaredError(z, targets, options);
      doubles.squaredError(Float64Array.from(logits), Float64Array.from(plainTargets), wanted);
      return distanceOf(out.data, wanted);
    },
    tolerance: sizeOf(logits) * ROUNDING[DTYPE],
    owned: [...owned, targets],
  };
}

function argmaxTrial({ rows, logits, z, t, owned }: LossData): Trial {
  const options = { out: t };
  const labels = new Int32Array(rows);
  return tensorTrial({
    run: () => argmax(z, options),
    plain: () => plainArgmax(rows, CLASSES, logits, labels),
    reference: () => doubles.argmax(rows, CLASSES, Float64Array.from(logits), new Int32Array(rows)),
    tolerance: 0,
    owned,
  });
}

function countTrial({ rows, logits, labels, z, t, owned }: LossData): Trial {
  const guesses = new Int32Array(rows);
  const plain = () => {
    plainArgmax(rows, CLASSES, logits, guesses);
    let correct = 0;
    for (let i = 0; i < rows; i++) if (guesses[i] === labels[i]) correct++;
    return correct;
  };
  return {
    run: () => countCorrect(z, t),
    plain,
    residual: () => Math.abs(countCorrect(z, t) - plain()),
    tolerance: 0,
    owned,
  };
}
