/** The page in English. */
import type { Text } from "./text.ts";
import { grouped, percent, points, type Values } from "./values.ts";

export function english(v: Values): Text {
  const epoch = Number(v.trainSize) / 100;
  return {
    title: "Training a neural network",
    subtitle: "Chapter 4 of “Deep Learning from Scratch”, computed anew in TypeScript",
    about: [
      "A network learns when its weights are moved, a little at a time, in the direction in which its answers cost less. This page goes that way from its first step: what an answer costs, how a slope is found, how one walks downhill along it, and how, in this way, a network of two layers learns to read digits.",
      "Everything here was computed when the page was made. For each section you see the formula, the code that ran, what it printed, digit by digit, its figures, and what the chapter gets wrong or leaves out. You can have all of it on your own machine with `npm run chapter`.",
    ],
    data: v.isMnist
      ? [
          `This run used all of MNIST: ${grouped(v.trainSize)} digits to learn from, and 10,000 others to test on. An epoch is ${epoch} minibatches of 100.`,
        ]
      : [
          `This run used the digits that come with the repository: ${grouped(v.trainSize)} to learn from and 2,000 to test on, all of them from MNIST's training images. **An accuracy on them is no score on MNIST's test set.**`,
          `Three things differ from a run on all of MNIST. An epoch is ${epoch} minibatches of 100 and not 600, so that ${grouped(v.steps)} steps see each digit ${(60_000 / Number(v.trainSize)).toFixed(1)} times as often. The network therefore knows its training digits better, and digits that it has not seen a little less well. And an accuracy on 2,000 digits is a coarser measure than one on 10,000. \`npm run chapter -- --data DIR\` makes this page from the full data.`,
        ],
    sections: {
      losses: {
        title: "Loss functions",
        about: [
          "To learn, a network needs one number that says how bad its answers are: the *loss*. The chapter has two. The *sum of squared errors* adds up how far each output is from its target. The *cross entropy error* looks only at the probability that was given to the right class, and takes its logarithm.",
          "The example is an answer of ten probabilities, for a digit that is a 2. The first answer gives the class 2 a probability of 0.6; the second gives it 0.1 and is rather sure that it sees a 7.",
        ],
        formulas: [
          "Half the sum of squared errors, where _y_ is the answer and _t_ the target, 1 for the right class and 0 for all others:",
          "Cross entropy. With such a target one term of the sum remains: minus the logarithm of the right class's probability.",
          "Of a minibatch, the mean over its _N_ examples. The small _δ_, 1e-7 in the chapter, keeps the logarithm finite where a probability is 0:",
        ],
        code: "Two answers, one target, and the losses of both; what stands between backquotes is printed below.",
        numbers: [
          `The right answer costs ${v.squaredRight} in squared error and ${v.crossRight} in cross entropy, the wrong one ${v.squaredWrong} and ${v.crossWrong}. Both losses prefer the right answer. Targets may be one-hot rows or labels: the numbers are the same to the last digit.`,
        ],
        figures: {
          "01-minus-log": {
            title: "−ln x",
            caption:
              "Cross entropy is this curve at the right class's probability. Doubt is cheap, but to be sure and wrong has no upper price.",
          },
          "01-loss-of-probability": {
            title: "What an answer costs",
            caption:
              "Two classes. Squared error is never more than 1 here, and its slope never more than 2. Those of cross entropy grow without bound the worse the answer is.",
          },
        },
        gaps: [
          "What the chapter calls `mean_squared_error` is no mean: it is half of a sum, of a batch too, so that it grows with the batch. Some printings name it for what it is, `sum_squares_error`.",
          `The _δ_ in the logarithm is not free. A sure and right answer has the loss ${v.crossSure}, below 0, and an impossible class costs ${v.crossAtZero} and no more. Networks need no _δ_: they take the loss from the logits before softmax, where nothing can be infinite.`,
          "Nothing is checked. Targets that do not sum to 1 pass, and NumPy takes the label −1 for the last class. Here both are errors.",
          "The last digits depend on the order in which one adds. A plain loop gives 0.5974999999999999 where NumPy, and this library, give 0.5975.",
        ],
      },
      "loss-not-accuracy": {
        title: "Why a loss, and not the accuracy",
        about: [
          "We want a high accuracy, so why not learn from it? Because almost every small change of a weight leaves it where it is. Accuracy counts right answers, and a count moves in jumps. The loss answers to every change, however small, and says which direction is the better one.",
          "For the same reason a network's activation is no step function: where its slope is 0, no change gets through to the weights below it.",
        ],
        formulas: [
          "Accuracy is a mean of zeros and ones. As a function of one weight it is level almost everywhere, so its slope is 0:",
          "The sigmoid's slope is small far out, but nowhere 0:",
        ],
        code: "One weight of a network that was trained for 200 steps is moved to and fro, and everything else is left as it is.",
        numbers: [
          `At ${v.places} places the loss takes ${v.differentLosses} different values, and the accuracy no more than ${v.differentAccuracies}.`,
        ],
        figures: {
          "02-loss": {
            title: "The loss of 100 digits as one weight moves",
            caption: "Smooth: at every place its slope says which way is down.",
          },
          "02-accuracy": {
            title: "The accuracy of 100 digits as one weight moves",
            caption: "The same weight, the same digits. On a stair there is no way down to be seen.",
          },
          "02-step": {
            title: "The step function has slope 0, but for its step",
            caption: "Nothing can be learned through a slope of 0.",
          },
          "02-sigmoid": {
            title: "The sigmoid has a slope everywhere",
            caption: "Every input can be told in which direction to move.",
          },
        },
        gaps: [
          "The step function does have a slope that is not 0: at its step, where it is infinite. That is of no use either.",
          "Accuracy is not wholly blind. Over many examples its stairs get finer, and there are methods that learn without slopes. It is the gradient that cannot be had from it.",
          "The sigmoid's slope is never more than 1/4 and soon tiny, so that in a network of many layers little of it is left. This chapter's two layers do not suffer from that; deeper ones take rectifiers.",
        ],
      },
      minibatches: {
        title: "Minibatches",
        about: [
          "The loss that should fall is that of all examples. To compute it for every single step is dear, and not needed: a few examples, drawn at random, tell it roughly. Such a handful is a *minibatch*, and this way of learning is *minibatch learning*. An opinion poll works alike.",
          "How rough is “roughly”? The mean of _M_ draws is off by the spread of the single losses, divided by the square root of _M_. For one more digit you need a hundred times the examples, so small minibatches are the better bargain.",
        ],
        formulas: [
          "The loss of all _N_ examples, and its estimate from a minibatch _B_ of _M_:",
          "How far estimates scatter:",
        ],
        code: "A network that was trained for 300 steps, the loss of every digit by itself, and then 400 draws of each size.",
        numbers: [
          `The loss of all ${grouped(v.trainSize)} digits is ${v.lossOfAll}. A minibatch of 100 misses it by ${v.spread100}, one of 10,000 by ${v.spread10000}. The draws of \`choice\` are those of NumPy from the same seed, number by number.`,
        ],
        figures: {
          "03-spread": {
            title: "A minibatch's loss",
            caption: "Nine of ten minibatches are within the band. It narrows with the square root of their size.",
          },
          "03-minibatches-of-100": {
            title: "The loss of 400 minibatches of 100",
            caption: "What one step of training sees: a loss that is off at random, but not to one side.",
          },
        },
        gaps: [
          `\`np.random.choice\` draws with replacement, so a minibatch may hold an example twice: of 100 draws from 200, only ${v.distinct} were different.`,
          "For the same reason an “epoch” of the chapter is only a count of draws. In as many draws as there are examples, more than a third of them do not occur: about 1/e. A true epoch goes through a shuffled list.",
          "How good an estimate a minibatch gives is not said. It is the square root above.",
        ],
      },
      "numerical-differentiation": {
        title: "Numerical differentiation",
        about: [
          "A *derivative* says how much a function changes when its input changes a little. Its definition is a limit, and a computer has no limits: it takes two values of the function a step _h_ apart, and divides. That is *numerical differentiation*.",
          "Two things go wrong. If _h_ is large, one measures a secant and not the tangent. If it is small, the two values are nearly the same, and their difference consists of *rounding errors*. Taking the values on both sides of _x_, the *central difference*, makes the first error far smaller at the same _h_.",
        ],
        formulas: [
          "The definition. Without its limit this is the forward difference, with an error in proportion to _h_:",
          "The central difference: its error falls with the square of _h_, and depends on the third derivative.",
        ],
        code: "The library's own function first, then the chapter's parabola, and a difference in which every operation is rounded to float32, to see what that does.",
        numbers: [
          `At 5 the slope of 0.01x² + 0.1x is 0.2. The central difference gives ${v.centralSlope}, the forward difference ${v.forwardSlope}.`,
          `The best step for the sine is near ${v.centralStep64} for central and ${v.forwardStep64} for forward differences in float64. In float32 it is ${v.centralStep32} and ${v.forwardStep32}: fewer digits call for larger steps.`,
        ],
        figures: {
          "04-tangents": {
            title: "0.01x² + 0.1x",
            caption: "Two tangents from numerical slopes.",
          },
          "04-error-of-h": {
            title: "The error of a numerical slope",
            caption:
              "Read from right to left: a smaller step is better until rounding takes over, then it gets worse again. Every method has its best step in between.",
          },
        },
        gaps: [
          "That `np.float32(1e-50)` is 0 is one reason against a tiny step, but not the deeper one. In float64 1e-50 is not 0, and still lost: 5 + 1e-50 is 5, and the slope comes out as 0.",
          `The chapter's _h_ = 1e-4 is good, but not the best: in float64 a central difference of an ordinary function is most exact near ${v.centralStep64}.`,
          "The parabola hides the central difference's error: that is in the third derivative, and a parabola has none. What you see in its last digits is rounding alone.",
        ],
      },
      "numerical-gradient": {
        title: "Partial derivatives and the gradient",
        about: [
          "With more than one variable there is more than one slope. A *partial derivative* moves one variable and holds the others where they are. All of them together, as a vector, are the *gradient*.",
          "The gradient points in the direction in which the function rises fastest, so its opposite is the direction in which it falls fastest. That is true of the very place where it was computed: it need not point to the minimum.",
        ],
        formulas: ["The gradient: all partial derivatives, as a vector.", "The chapter's example:"],
        code: "Gradients at single points, at a matrix, and at a whole grid of points at once.",
        numbers: [
          `At (3, 4) the exact gradient is (6, 8), and the printed digits beyond are rounding. The ${v.gradientPoints} points of the grid are computed in one call, each of them by itself.`,
        ],
        figures: {
          "05-quiver": {
            title: "The negative gradient of x₀² + x₁²",
            caption: "Each arrow points to where the function falls fastest, and is as long as it falls steeply.",
          },
          "05-contours": {
            title: "Contours of x₀² + x₁²",
            caption: "On each circle the function has one value. The arrows stand at right angles to the circles.",
          },
        },
        gaps: [
          "The chapter's `numerical_gradient` runs through `range(x.size)` and takes `x[idx]`. That is right for a vector. Of a matrix `x[idx]` is a whole row, so the function fails, at the latest behind the last row. The version in the book's `common` folder is right.",
          "It moves the elements of the caller's own array. If that holds integers, the step of 1e-4 is cut off: at `np.array([3, 4])` the result is (25000, 35000) and not (6, 8).",
          "The figure shows the negative gradient, which is easily overlooked: the gradient itself points outwards.",
        ],
      },
      "gradient-descent": {
        title: "Gradient descent",
        about: [
          "From where you stand, take a step against the gradient; compute the gradient there, and take another. This is *gradient descent*, and the number that the gradient is multiplied by is the *learning rate*. It is no weight that is learned but a *hyperparameter*: somebody must choose it.",
          "Here each step multiplies _x_ by 1 − 2η, so one can see what a rate does. From 0 to 1 the descent arrives, beyond 0.5 by jumping over the minimum. Above 1 it runs away. With a tiny rate it hardly moves.",
        ],
        formulas: ["A step of gradient descent, with the learning rate _η_:", "For x₀² + x₁² this is:"],
        code: "The loop of the library, then the chapter's runs: 100 steps from (−3, 4) with three rates.",
        numbers: [
          `With 0.1 both coordinates end below 1e-9, which is the minimum for all purposes. With 10 it is ${v.rateTen}; with 1e-10 it is nearly where it began.`,
        ],
        figures: {
          "06-rate-0.1": {
            title: "20 steps with the learning rate 0.1",
            caption: "Every step leaves 8/10 of the distance.",
          },
          "06-rate-0.01": {
            title: "20 steps with the learning rate 0.01",
            caption: "Too small: right, but slow.",
          },
          "06-rate-0.9": {
            title: "20 steps with the learning rate 0.9",
            caption:
              "Nearly too large: each step lands on the other side, and leaves 8/10 of the distance, as 0.1 does.",
          },
        },
        gaps: [
          `With the rate 10 the chapter shows a large number as if that were the end of a divergence. It is the end of arithmetic: after ${v.stuckAfter} steps the first coordinate is so large that _h_ is lost in it, the gradient comes out as 0, and the point stays where it is. The result looks finite and means nothing.`,
          "`gradient_descent` changes the array that it is given as its start, so that a second run begins where the first one ended.",
          "Overflow is not looked for. Here it is an error that names the step and the coordinate.",
          "A bowl is the kindest function there is. In a long valley a rate that is safe for the steep direction is far too small for the flat one, which is what momentum and its relatives are for.",
        ],
      },
      "gradient-of-a-network": {
        title: "The gradient of a network",
        about: [
          "Nothing changes with a network. Its loss is a function of its weights, so the gradient has one number for each weight, in the weights' own shape. An entry says how much the loss changes if that weight grows a little.",
          "The network is as small as can be: two inputs, three classes, a matrix _W_ of 2 × 3 and softmax.",
        ],
        formulas: [
          "The answer: a product, then probabilities.",
          "The gradient can be written down, which numerical differentiation does not know of. Its entries are products of an input and an error:",
        ],
        code: "The chapter's _W_, and the gradient in three ways: the network's own by differences, a function of the weights handed to `numericalGradient`, and backpropagation.",
        numbers: [
          `If class 2 is right, the loss is ${v.lossOf2}: it has the lowest score of the three. If class 0 is right, it is ${v.lossOf0}, and one step with the learning rate 1 brings that to ${v.lossOf0After}.`,
        ],
        figures: {
          "07-w": {
            title: "W",
            caption: "The weights as the chapter gives them.",
          },
          "07-dw": {
            title: "∂loss/∂W where class 0 is right",
            caption: "Each row sums to 0: what one class gains the others lose.",
          },
          "07-w-after": {
            title: "W after one step",
            caption: "W minus its gradient: class 0 got more, classes 1 and 2 got less.",
          },
        },
        gaps: [
          "The function that the chapter hands over, `f = lambda w: net.loss(x, t)`, ignores its argument. It works by a side effect: the gradient's loop moves the network's own weights. Here a function is given what it is asked about.",
          "The losses above are without _δ_. With it they differ in the seventh decimal: both are printed.",
          "The chapter prints its random _W_ to eight decimals, so no more than about eight digits of anything computed from it can be compared.",
        ],
      },
      "two-layer-net": {
        title: "A two-layer network",
        about: [
          "Now the network that reads digits: 784 pixels, a hidden layer of sigmoids, ten classes. Its *parameters* are two matrices of weights and two vectors of biases, and the gradient of the loss is needed in all of them.",
          "By differences each parameter costs two losses, and each loss a pass through the whole network. *Backpropagation*, the next chapter's subject, gives the whole gradient for the price of a few passes. Differences remain as its check: they are slow but simple, and two ways that agree are hardly wrong both.",
        ],
        formulas: [
          "The network: a row of pixels in, ten probabilities out.",
          "The number of its parameters with _H_ hidden units; differences need 2_P_ losses:",
        ],
        code: "The gradient of three digits in both ways, how far they differ, and how long each takes for networks of several sizes.",
        numbers: [
          `Both gradients agree to nine decimals and more. With 100 hidden units plain differences take about ${v.plainSeconds} s, and ${v.incrementalSeconds} s if for each weight only what it changes is computed again; backpropagation takes ${v.backwardSeconds} s, ${grouped(v.backwardTimes)} times less than the first. Times are of this run and its machine.`,
        ],
        figures: {
          "08-times": {
            title: "The time of one gradient of 3 digits",
            caption:
              "Twice the parameters, four times the time: that is the price of plain differences. Backpropagation grows as one pass does.",
          },
          "08-weights": {
            title: "W1 as it was drawn, 20 of 100 columns",
            caption: "What each hidden unit looks for before training: nothing.",
          },
        },
        gaps: [
          "That the numerical gradient is slow is said, how slow is not. You see it above: it is nothing to train with.",
          "Most of its cost can be saved, as a weight of the first layer changes one hidden unit only. The chapter recomputes everything.",
          "That the weights begin as 0.01 times a normal number is taken for granted. It has a price: at first all answers are nearly alike, and the loss stays near ln 10 for a hundred steps and more.",
        ],
      },
      training: {
        title: "Minibatch training",
        about: [
          "All pieces are there. Draw a minibatch, compute the gradient of its loss, move the weights against it, and begin anew. As the minibatches are drawn at random, this is *stochastic gradient descent* (SGD).",
          `Here: 50 hidden units, minibatches of 100, the learning rate 0.1, and ${grouped(v.steps)} steps, each with a gradient by backpropagation.`,
        ],
        formulas: ["A step on all parameters _θ_ at once, by the gradient of a minibatch's mean loss:"],
        code: "The training run is one call; the lines below it average the losses that it recorded.",
        numbers: [
          `The loss begins at ${v.firstLoss}, which is what a network that knows nothing must pay: ln 10 = ${v.lnTen}. The mean of the first 1,000 steps is ${v.meanFirst}, that of the last 100 ${v.meanLast}. The whole run took ${v.seconds} s.`,
        ],
        figures: {
          "09-loss": {
            title: "The loss of every minibatch",
            caption: "The scatter is that of minibatches, and no sign of trouble; the mean falls all the time.",
          },
          "09-loss-first-1000": {
            title: "The first 1,000 steps",
            caption: "The level stretch at the beginning is the price of small initial weights.",
          },
          "09-weights": {
            title: "W1 after training",
            caption: "What was noise has become strokes and arcs. The rim, where no digit has ink, is as it was drawn.",
          },
        },
        gaps: [
          "The loss is recorded after the update, of the very examples that were just learned from. So it is a little too good.",
          "Why 0.1 is a good learning rate is not said. It suits this network with these weights, and inputs between 0 and 1: with pixels from 0 to 255 it would be far too large. It was found by trying.",
          "That a loss falls on digits that were learned from does not say that anything general was learned. That is the next section.",
        ],
      },
      evaluation: {
        title: "Evaluation on test data",
        about: [
          "A network that knows its training digits by heart has learned nothing of use. So some digits are held back, and the network is measured on them. If the accuracy on training digits rises and that on test digits does not, this is *overfitting*.",
          `To compute accuracies in every step would be a waste. The chapter does so once per *epoch*, the number of steps in which as many examples are drawn as there are: here ${epoch}.`,
        ],
        formulas: [
          "Accuracy: the share of examples whose most probable class is the right one, a number from 0 to 1.",
          "Steps in an epoch, for _N_ examples and minibatches of _M_:",
        ],
        code: "The accuracies that the run recorded, and then a closer look at the test digits: by class, and the worst mistakes.",
        numbers: [
          `After the last step ${percent(v.testFinal)} of the test digits are read rightly. At the last line of the table the training digits are at ${percent(v.trainLast)} and the test digits at ${percent(v.testLast)}, ${points(v.trainLast, v.testLast)} points apart. ${
            v.isMnist
              ? "That is hardly any overfitting."
              : "That is some overfitting, as the training digits are few: with all of MNIST the two stay together far longer."
          }`,
          `The accuracy hides that classes differ. Hardest is ${v.hardest}: of its digits ${v.hardestRecall}\u00a0% are found.`,
        ],
        figures: {
          "10-accuracy": {
            title: "Accuracy once per epoch",
            caption: "Both rise together; where they part, training digits are learned by heart.",
          },
          "10-confusion": {
            title: "What test digits were taken for",
            caption: "A row for each digit, a column for each answer. What is off the diagonal is mistakes.",
          },
          "10-wrong": {
            title: "The most confidently wrong",
            caption: "Some of these would puzzle a human, too. Others would not: the network was sure all the same.",
          },
        },
        gaps: [
          "An accuracy is a fraction in the code, and spoken of as a percentage. A tenth of a per cent is 10 of 10,000 digits, and 2 of 2,000.",
          "The test digits are looked at in every epoch. As long as nothing is chosen by them, that does no harm. Whoever stops, or picks a learning rate, by them has learned from them, and needs a third set: the validation data.",
          "One run is one sample. With another seed the accuracy differs by some tenths of a per cent: a smaller difference between two methods means nothing.",
          "The first line is computed after the first step and called epoch 0; and with draws with replacement no epoch sees all examples.",
        ],
      },
      summary: {
        title: "What comes after",
        about: [
          "The chapter ends with a network that works. What is next in the book can be tried at once: other ways to take a step, better initial weights, more layers.",
          "Four networks begin with the same weights and see the same minibatches. They differ only in what they make of the gradient.",
        ],
        formulas: [
          "*Momentum* goes on in the direction in which it went, as a ball does:",
          "*AdaGrad* takes smaller steps where gradients were large:",
          "*Adam* does both, with running means _m_ of gradients and _v_ of their squares, corrected for their start:",
        ],
        code: "The four optimizers, and a deeper network with rectifiers, He's initial weights and Adam.",
        numbers: [
          `After ${grouped(v.shortSteps)} steps plain descent is at ${percent(v.sgd)}, momentum at ${percent(v.momentum)}, AdaGrad at ${percent(v.adaGrad)} and Adam at ${percent(v.adam)}. The chapter's ${grouped(v.steps)} steps ended at ${percent(v.testFinal)}, the deeper network, after five epochs, at ${percent(v.deep)}.`,
        ],
        figures: {
          "11-optimizers": {
            title: "784-50-10 with four optimizers",
            caption: "The same network, the same digits, the same draws.",
          },
        },
        gaps: [
          "Each optimizer has a learning rate of its own here, and none was tuned with care. Another rate may change the order, so this is no verdict on which is the best.",
        ],
      },
    },
    learned: {
      title: "What was learned",
      points: [
        "A loss makes “bad” a number that answers to every small change. Accuracy does not, so it is for judging and not for learning.",
        "A slope can be had from values alone. The step _h_ has a best size, which depends on the method and on the digits of the arithmetic.",
        "The gradient says, for each weight, how the loss changes with it; a step against it, times the learning rate, lowers the loss if the rate is not too large.",
        "A minibatch stands in for all examples, with an error that falls as the square root of its size.",
        "Numerical gradients are for checking, and backpropagation is for training.",
        `With ${grouped(v.steps)} such steps a network of two layers reads ${percent(v.testFinal)} of digits that it has never seen. Only such digits count.`,
      ],
    },
    next: {
      title: "Where next",
      points: [
        "Change something and run it again: a learning rate, the number of hidden units, the seed. Each section is a file of its own in `examples/chapter-04`, and runs alone.",
        "Run the chapter on all of MNIST: `npm run chapter -- --data DIR`.",
        "Look into backpropagation. `docs/design.md` shows how a step becomes one program, and `npm run gradcheck` holds every gradient rule against central differences.",
        "Build your own network from `sequential`, `dense` and `relu`, with dropout or batch normalization: `examples/digits.ts` is one.",
      ],
    },
    words: {
      skip: "Skip to the text",
      contents: "Contents",
      language: "Language",
      colours: "Colours",
      automatic: "Automatic",
      light: "Light",
      dark: "Dark",
      formula: "Formula",
      code: "The code that ran",
      numbers: "What it printed",
      figures: "Figures",
      gaps: "What the chapter gets wrong or leaves out",
      names: "Names",
      python: "In the chapter (Python)",
      here: "In lanegrad",
      madeBy: "Made by `npm run chapter`",
    },
  };
}
