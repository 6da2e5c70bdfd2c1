/** What the page shows of each section beside its text: code, formulas, names. */
import type { Excerpt } from "./excerpt.ts";
import { bold, formula, frac, gap, hat, limit, m, partial, root, sub, sum, sup, tall } from "./math.ts";

/** The sections, by the ids that they give themselves. */
export type SectionId = (typeof SECTION_IDS)[number];

export const SECTION_IDS = [
  "losses",
  "loss-not-accuracy",
  "minibatches",
  "numerical-differentiation",
  "numerical-gradient",
  "gradient-descent",
  "gradient-of-a-network",
  "two-layer-net",
  "training",
  "evaluation",
  "summary",
] as const;

/** In Python, and here. */
export type Name = readonly [python: string, here: string];

export type Outline = {
  readonly formulas: readonly string[];
  readonly code: readonly Excerpt[];
  readonly names: readonly Name[];
};

const yk = sub(m`y`, m`k`);
const tk = sub(m`t`, m`k`);
const ynk = sub(m`y`, m`n k`);
const tnk = sub(m`t`, m`n k`);
const yn = sub(m`y`, m`n`);
const tn = sub(m`t`, m`n`);
const ln = sub(m`ℓ`, m`n`);
const x0 = sub(m`x`, m`0`);
const x1 = sub(m`x`, m`1`);
const overAll = m`${frac(m`1`, m`N`)} ${sum(m`n = 1`, m`N`)}`;
const overBatch = m`${frac(m`1`, m`M`)} ${sum(m`n ∈ B`)}`;
const [x, y, z, t, W] = [bold("x"), bold("y"), bold("z"), bold("t"), bold("W")];
const [W1, W2, b1, b2] = [sub(bold("W"), m`1`), sub(bold("W"), m`2`), sub(bold("b"), m`1`), sub(bold("b"), m`2`)];

const folder = "examples/chapter-04";

export const OUTLINE: Readonly<Record<SectionId, Outline>> = {
  losses: {
    formulas: [
      formula`E = ${frac(m`1`, m`2`)} ${sum(m`k`)} ${sup(m`( ${yk} − ${tk} )`, m`2`)}`,
      formula`E = − ${sum(m`k`)} ${tk} ln ${yk}`,
      formula`E = − ${overAll} ${sum(m`k`)} ${tnk} ln ( ${ynk} + δ )`,
    ],
    code: [
      {
        file: `${folder}/01-losses.ts`,
        statements: ["const right", "const wrong", "const oneHot", "const batch", "numbers: ["],
      },
    ],
    names: [
      ["mean_squared_error(y, t)", "meanSquaredError(y, t)"],
      ["sum_squares_error(y, t)", "meanSquaredError(y, t)"],
      ["cross_entropy_error(y, t)", "crossEntropyError(y, t)"],
    ],
  },
  "loss-not-accuracy": {
    formulas: [
      formula`accuracy ( w ) = ${overAll} [ arg_max ${yn} ( w ) = ${tn} ]`,
      formula`σ ′ ( x ) = σ ( x ) ( 1 − σ ( x ) ) > 0`,
    ],
    code: [
      {
        file: `${folder}/02-loss-not-accuracy.ts`,
        statements: [
          ...[
            "const step",
            "const sigmoid",
            "const places",
            "const slopesOf",
            "await train(",
            "const weights",
            "const weight ",
          ],
          ...["const moves", "const measured"],
        ],
      },
    ],
    names: [
      ["net.loss(x, t)", "net.loss(x, t)"],
      ["net.accuracy(x, t)", "net.accuracy(x, t)"],
      ["step_function(x)", "x > 0 ? 1 : 0"],
      ["sigmoid(x)", "sigmoid(x)"],
    ],
  },
  minibatches: {
    formulas: [
      formula`L = ${overAll} ${ln} ≈ ${overBatch} ${ln}`,
      formula`sd ( ${sub(m`L`, m`B`)} ) = ${frac(m`sd ( ℓ )`, root(m`M`))}`,
    ],
    code: [
      {
        file: `${folder}/03-minibatches.ts`,
        statements: [
          "const losses",
          "const mean",
          "const estimates",
          "const spread",
          "const drawn",
          "function lossOfEach",
        ],
      },
    ],
    names: [
      ["load_mnist(normalize=True, one_hot_label=True)", "loadMnist(folder, { oneHotLabel: true })"],
      ["np.random.seed(0)", "const random = new RandomState(0)"],
      ["np.random.choice(60000, 100)", "random.choice(60000, 100)"],
      ["x_train[batch_mask], t_train[batch_mask]", "digits.train.batch(indices)"],
    ],
  },
  "numerical-differentiation": {
    formulas: [
      formula`f ′ ( x ) = ${limit(m`h → 0`)} ${frac(m`f ( x + h ) − f ( x )`, m`h`)}`,
      formula`${frac(m`f ( x + h ) − f ( x − h )`, m`2 h`)} = f ′ ( x ) + ${frac(sup(m`h`, m`2`), m`6`)} f ‴ ( x ) + …`,
    ],
    code: [
      { file: "src/chapter/numerical_diff.ts", statements: ["const value = (at", "switch (method)"] },
      {
        file: `${folder}/04-numerical-differentiation.ts`,
        statements: ["const f =", "function slopeOf", "numbers: ["],
      },
    ],
    names: [
      ["numerical_diff(f, x)", "numericalDiff(f, x)"],
      ["tangent_line(f, x)", "tangentLine(f, x)"],
    ],
  },
  "numerical-gradient": {
    formulas: [
      formula`∇ f = ${tall(m`${partial(m`f`, x0)} , ${partial(m`f`, x1)}`)}`,
      formula`f = ${sup(x0, m`2`)} + ${sup(x1, m`2`)} ${gap} ∇ f = ( 2 ${x0} , 2 ${x1} )`,
    ],
    code: [
      {
        file: `${folder}/05-numerical-gradient.ts`,
        statements: [
          "const f =",
          "const along",
          "const places",
          "const gradients",
          "const weights",
          "const squares",
          "numbers: [",
        ],
      },
    ],
    names: [
      ["numerical_gradient(f, x)", "numericalGradient(f, x)"],
      ["numerical_gradient(f, X)", 'numericalGradient(f, X, { points: "rows" })'],
      ["plt.quiver(X, Y, -grad[0], -grad[1])", "quiver({ x, y, u, v })"],
    ],
  },
  "gradient-descent": {
    formulas: [formula`${x} ← ${x} − η ∇ f ( ${x} )`, formula`${x} ← ( 1 − 2 η ) ${x}`],
    code: [
      { file: "src/chapter/gradient_descent.ts", statements: ["for (let step"] },
      {
        file: `${folder}/06-gradient-descent.ts`,
        statements: ["const f =", "const from", "numbers: [", "function divergence"],
      },
    ],
    names: [
      [
        "gradient_descent(f, init_x, lr=0.1, step_num=100)",
        "gradientDescent(f, start, { learningRate: 0.1, steps: 100 })",
      ],
      ["x, x_history", "{ x, trajectory }"],
    ],
  },
  "gradient-of-a-network": {
    formulas: [
      formula`${z} = ${x} ${W} ${gap} ${y} = softmax ( ${z} )`,
      formula`${partial(m`L`, W)} = ${sup(x, m`T`)} ( ${y} − ${t} )`,
    ],
    code: [
      {
        file: `${folder}/07-gradient-of-a-network.ts`,
        statements: [
          ...[
            "const W =",
            "const x =",
            "using net",
            "net.parameters.W.set(W)",
            "using z",
            "using y",
            "const byRows",
            "const dW",
          ],
          ...[
            "const backpropagated",
            "const loss =",
            "const plain",
            "net.parameters.W.set(W)",
            "const after",
            "net.parameters.W.set(after)",
          ],
        ],
      },
    ],
    names: [
      ["simpleNet()", "new SimpleNet(engine, { random })"],
      ["net.W", "net.parameters.W"],
      ["net.predict(x), net.loss(x, t)", "net.predict(x), net.loss(x, t)"],
      ["softmax(a)", "softmax(z)"],
      ["numerical_gradient(f, net.W)", "net.numericalGradient(x, t).W"],
    ],
  },
  "two-layer-net": {
    formulas: [
      formula`${y} = softmax ( σ ( ${x} ${W1} + ${b1} ) ${W2} + ${b2} )`,
      formula`P = 784 · H + H + H · 10 + 10`,
    ],
    code: [
      {
        file: `${folder}/08-two-layer-net.ts`,
        statements: [
          ...["using net", "const batch", "const [x, t]", "const numerical", "const gradient", "const differences"],
          ...["function netOf", "function timesOf"],
        ],
      },
    ],
    names: [
      [
        "TwoLayerNet(784, 100, 10)",
        "new TwoLayerNet(engine, { inputSize: 784, hiddenSize: 100, outputSize: 10, random })",
      ],
      ["net.params['W1']", "net.parameters.W1"],
      ["net.numerical_gradient(x, t)", 'net.numericalGradient(x, t, { method: "plain" })'],
      ["net.gradient(x, t)", "net.gradient(x, t)"],
      ["np.argmax(y, axis=1)", "argmax(y)"],
    ],
  },
  training: {
    formulas: [formula`θ ← θ − η ${sub(m`∇`, m`θ`)} ${overBatch} ${ln} ( θ )`],
    code: [
      { file: `${folder}/chapter.ts`, statements: ["async function trainedOn"] },
      { file: `${folder}/09-training.ts`, statements: ["const { net, history", "const { losses", "const mean"] },
    ],
    names: [
      ["iters_num, batch_size, learning_rate", "{ iterations, batchSize, learningRate }"],
      ["network.params[key] -= learning_rate * grad[key]", "net.descend(learningRate)"],
      ["for i in range(iters_num): …", "train(net, digits.train, { iterations, batchSize, learningRate, random })"],
      ["train_loss_list", "history.losses"],
    ],
  },
  evaluation: {
    formulas: [formula`accuracy = ${overAll} [ arg_max ${yn} = ${tn} ]`, formula`epoch = ${frac(m`N`, m`M`)}`],
    code: [
      {
        file: `${folder}/10-evaluation.ts`,
        statements: [
          "const { net, history",
          "const records",
          "const { accuracy",
          "const { confusion",
          "const hardest",
          "const wrong",
        ],
      },
    ],
    names: [
      ["iter_per_epoch", "evaluateEvery"],
      ["train_acc_list, test_acc_list", "history.evaluations"],
      ["network.accuracy(x_test, t_test)", "evaluate(net, digits.test).accuracy"],
      ["plt.plot(…)", "accuracyCurves({ train, test })"],
    ],
  },
  summary: {
    formulas: [
      formula`v ← μ v + ∇ L ${gap} θ ← θ − η v`,
      formula`s ← s + ${sup(m`( ∇ L )`, m`2`)} ${gap} θ ← θ − η ${frac(m`∇ L`, m`${root(m`s`)} + ε`)}`,
      formula`θ ← θ − η ${frac(hat(m`m`), m`${root(hat(m`v`))} + ε`)}`,
    ],
    code: [
      {
        file: `${folder}/11-summary.ts`,
        statements: [
          "const OPTIMIZERS",
          "const chapters",
          "for (const [label, optimizer]",
          "using deep",
          "await train(deep",
        ],
      },
    ],
    names: [
      ["SGD(lr=0.1)", "sgd({ learningRate: 0.1 })"],
      ["Momentum(lr=0.1)", "momentum({ learningRate: 0.1 })"],
      ["AdaGrad(lr=0.05)", "adaGrad({ learningRate: 0.05 })"],
      ["Adam(lr=0.001)", "adam({ learningRate: 1e-3 })"],
    ],
  },
};
