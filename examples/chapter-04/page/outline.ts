/** What the page shows of each section beside its text: code, formulas, names. */
import type { Excerpt } from "./excerpt.ts";
import { bold, formula, frac, limit, n, o, over, par, partial, root, row, sub, sum, sup, tall, v } from "./math.ts";

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

const yk = sub(v("y"), v("k"));
const tk = sub(v("t"), v("k"));
const ynk = sub(v("y"), row(v("n"), v("k")));
const tnk = sub(v("t"), row(v("n"), v("k")));
const x0 = sub(v("x"), n(0));
const x1 = sub(v("x"), n(1));
const h = v("h");
const f = v("f");
const fOf = (...parts: readonly string[]) => row(f, par(...parts));
const moved = (sign: string) => fOf(v("x"), o(sign), h);
const [W1, W2, b1, b2] = [sub(bold("W"), n(1)), sub(bold("W"), n(2)), sub(bold("b"), n(1)), sub(bold("b"), n(2))];
const loss = v("L");

const folder = "examples/chapter-04";

export const OUTLINE: Readonly<Record<SectionId, Outline>> = {
  losses: {
    formulas: [
      formula(v("E"), o("="), frac(n(1), n(2)), sum(v("k")), sup(par(yk, o("−"), tk), n(2))),
      formula(v("E"), o("="), o("−"), sum(v("k")), tk, v("ln"), yk),
      formula(
        ...[v("E"), o("="), o("−"), frac(n(1), v("N")), sum(row(v("n"), o("="), n(1)), v("N")), sum(v("k"))],
        ...[tnk, v("ln"), par(ynk, o("+"), v("δ"))],
      ),
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
      formula(
        ...[v("accuracy"), par(v("w")), o("="), frac(n(1), v("N")), sum(row(v("n"), o("="), n(1)), v("N"))],
        ...[o("["), v("arg max"), sub(v("y"), v("n")), par(v("w")), o("="), sub(v("t"), v("n")), o("]")],
      ),
      formula(
        v("σ"),
        o("′"),
        par(v("x")),
        o("="),
        v("σ"),
        par(v("x")),
        par(n(1), o("−"), v("σ"), par(v("x"))),
        o(">"),
        n(0),
      ),
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
      formula(
        ...[loss, o("="), frac(n(1), v("N")), sum(row(v("n"), o("="), n(1)), v("N")), sub(v("ℓ"), v("n")), o("≈")],
        ...[frac(n(1), v("M")), sum(row(v("n"), o("∈"), v("B"))), sub(v("ℓ"), v("n"))],
      ),
      formula(v("sd"), par(sub(loss, v("B"))), o("="), frac(row(v("sd"), par(v("ℓ"))), root(v("M")))),
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
      formula(
        ...[f, o("′"), par(v("x")), o("="), limit(row(h, o("→"), n(0)))],
        frac(row(moved("+"), o("−"), fOf(v("x"))), h),
      ),
      formula(
        ...[frac(row(moved("+"), o("−"), moved("−")), row(n(2), h)), o("="), f, o("′"), par(v("x")), o("+")],
        ...[frac(sup(h, n(2)), n(6)), f, o("‴"), par(v("x")), o("+"), o("…")],
      ),
    ],
    code: [
      { file: "src/calculus/numerical_diff.ts", statements: ["const value = (at", "switch (method)"] },
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
      formula(
        ...[
          o("∇"),
          f,
          o("="),
          tall(partial(f, x0), o(","), partial(f, x1)),
          o("="),
          par(row(n(2), x0), o(","), row(n(2), x1)),
        ],
        ...[o(","), f, o("="), sup(x0, n(2)), o("+"), sup(x1, n(2))],
      ),
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
    formulas: [
      formula(bold("x"), o("←"), bold("x"), o("−"), v("η"), o("∇"), f, par(bold("x"))),
      formula(bold("x"), o("←"), par(n(1), o("−"), row(n(2), v("η"))), bold("x")),
    ],
    code: [
      { file: "src/calculus/gradient_descent.ts", statements: ["for (let step"] },
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
      formula(bold("z"), o("="), bold("x"), bold("W"), o(","), bold("y"), o("="), v("softmax"), par(bold("z"))),
      formula(...[partial(loss, bold("W")), o("="), sup(bold("x"), v("T")), par(bold("y"), o("−"), bold("t"))]),
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
      formula(...[bold("y"), o("="), v("softmax"), par(v("σ"), par(bold("x"), W1, o("+"), b1), W2, o("+"), b2)]),
      formula(
        ...[v("P"), o("="), n(784), o("·"), v("H"), o("+"), v("H"), o("+"), v("H"), o("·"), n(10), o("+"), n(10)],
      ),
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
    formulas: [
      formula(
        ...[
          v("θ"),
          o("←"),
          v("θ"),
          o("−"),
          v("η"),
          sub(o("∇"), v("θ")),
          frac(n(1), v("M")),
          sum(row(v("n"), o("∈"), v("B"))),
        ],
        ...[sub(v("ℓ"), v("n")), par(v("θ"))],
      ),
    ],
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
    formulas: [
      formula(
        ...[v("accuracy"), o("="), frac(n(1), v("N")), sum(row(v("n"), o("="), n(1)), v("N"))],
        ...[o("["), v("arg max"), sub(v("y"), v("n")), o("="), sub(v("t"), v("n")), o("]")],
      ),
      formula(v("epoch"), o("="), frac(v("N"), v("M"))),
    ],
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
      formula(
        ...[
          v("v"),
          o("←"),
          v("μ"),
          v("v"),
          o("+"),
          o("∇"),
          loss,
          o(","),
          v("θ"),
          o("←"),
          v("θ"),
          o("−"),
          v("η"),
          v("v"),
        ],
      ),
      formula(
        ...[v("s"), o("←"), v("s"), o("+"), sup(par(o("∇"), loss), n(2)), o(","), v("θ"), o("←"), v("θ"), o("−")],
        ...[v("η"), frac(row(o("∇"), loss), row(root(v("s")), o("+"), v("ε")))],
      ),
      formula(
        v("θ"),
        o("←"),
        ...[v("θ"), o("−"), v("η"), frac(over(v("m"), "^"), row(root(over(v("v"), "^")), o("+"), v("ε")))],
      ),
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
