/** What the tests of wrong arguments leave out, each with its reason. */

/** Exports that are not called by programs, or not with samples here. */
export const NOT_CALLED: Readonly<Record<string, string>> = {
  Tensor: "its constructor takes memory: `tensor` and `zeros` make tensors",
  Expression: "its constructor takes a graph node: operations make expressions",
  Network: "`network` makes networks",
  Engine: "`Engine.load` makes engines",
  "Engine.scratch": "internal",
  "Engine.failureOf": "internal",
  "Engine.kernelOf": "internal: Engine.callable has a sample",
  "DatasetStream.feed": "internal",
  "ResidentDataset.inputs": "internal",
  "ResidentDataset.gathered": "internal",
  "ResidentDataset.targets": "internal",
  "Trainer.resume": "internal",
  "chapter.TwoLayerNet.trainingStep": "Network.trainingStep has a sample",
  "OptimizerState.plan": "internal",
  NetworkWorker: "`startWorker` makes it",
  WorkerNetwork: "`NetworkWorker.network` makes networks",
  WorkerDataset: "`NetworkWorker.dataset` makes datasets",
  "WorkerDataset.numberFor": "internal",
  emptyHistory: "takes no arguments",
};

/** Arguments that may be of other kinds than the sample's. */
export const MAY_BE: readonly (readonly [where: RegExp, kinds: "anything" | readonly string[]])[] = [
  // Numbers and arrays of numbers beside tensors.
  [/^(add|sub|mul|div|maximum|minimum|greater|greaterEqual|equal|keep|drop) [01]$/, ["number"]],
  [/^(less|lessEqual|notEqual|logicalAnd|logicalOr|mod|floorDiv|atan2|pow) [01]$/, ["number"]],
  [/^where [12]$/, ["number"]],
  [/^tensor 1$/, ["number", "array", "typed array"]],
  [
    /^(Network|chapter\.TwoLayerNet|chapter\.SimpleNet|chapter\.SimpleConvNet)\.(predict|loss|accuracy|gradient|numericalGradient) [01]$/,
    ["number", "array", "typed array"],
  ],
  [/^numericalGradientOf [12]$/, ["number", "array", "typed array"]],
  [/^Tensor\.set 0$/, ["array", "typed array"]],
  // Any list of indices, of sizes, of numbers.
  [/^(broadcastTo|reshape|input|zeros|ones|full|Tensor\.part) 1$/, ["typed array"]],
  [/^(tile|tensorSplit) 1$/, ["array", "typed array"]],
  [/^tensorGroup 1\.[ab]$/, ["typed array"]],
  [/^((Sparse)?Dataset\.(batch|pick)|scaleValues|StagedMinibatch\.load) [01]$/, ["array", "typed array"]],
  [/^chapter\.(numericalGradient|gradientDescent) 1$/, ["typed array"]],
  [/^chapter\.(meanSquaredError|crossEntropyError) [01]$/, ["typed array", "number"]],
  [/^RandomState\.shuffle 0$/, ["typed array"]],
  [/^arange [23]$/, ["object"]], // options, after fewer numbers
  [/^NumpyRandomState\.(randomSample|standardNormal|standardExponential) 0$/, ["number", "array", "typed array"]],
  [/^NumpyRandomState\.(exponential|standardGamma|chisquare|poisson|choice) 1$/, ["number", "array", "typed array"]],
  [/^NumpyRandomState\.(uniform|normal|gamma|beta|binomial|multinomial) 2$/, ["number", "array", "typed array"]],
  [/^NumpyRandomState\.(choice|permutation) 0$/, ["number", "array", "typed array"]],
  [/^NumpyRandomState\.(multinomial 1|choice 2\.p)$/, ["typed array"]],
  [/^(plot\.histogram|lossCurve) 0$/, ["typed array"]],
  [/^histogram 1\.bins$/, ["typed array"]],
  [/^(digits 1\.range|lossCurve 1\.steps|tangents 2\.xDomain|trajectory 2\.levels)$/, ["typed array"]],
  // Whatever is called only later.
  [/^(grad|valueAndGrad|hessianVectorProduct) 0$/, ["function"]],
  // A word or a function; a number of steps or a function; a rate or a schedule.
  [/^network 2\.loss$/, ["function"]],
  [/^decodeNetwork 2\.loss$/, ["function"]],
  [/^runTrainer 1\.checkpointEvery$/, ["function"]],
  [/^(sgd|momentum|nesterov|adaGrad|rmsProp|adam|adamW) 0\.learningRate$/, ["number"]],
  [/^(schedule|rateAt) 0$/, ["number"]],
  [/^train 2\.validation$/, ["number"]],
  // A column by name or by position; several for several targets.
  [/^parseCsv 1\.label$/, ["number", "array"]],
  [
    /^(fitPreprocessing|applyPreprocessing|classifier|regressor) [12]\.target$/,
    ["number", "string", "array", "typed array"],
  ],
  [/^trainTestSplit 1\.stratify$/, ["number"]], // a column, by its position
  [/^(classifier|regressor) 1\.(progress|earlyStopping|layers|validation)$/, ["boolean", "function"]],
  // A layer's options, where there is no tensor, or where sizes are left to the layers before.
  [/^(leakyRelu|gelu|elu|prelu|layerNorm) 0$/, ["object"]],
  [/^dense 1$/, ["object"]],
  // As of a network on the main thread.
  [/^WorkerNetwork\.predict 0$/, ["array", "typed array"]],
  [/^WorkerNetwork\.train 1\.validation$/, ["number"]],
  // Written over by the run.
  [/^(Trainer|train|WorkerNetwork\.train) [23]\.(layout|outcome)$/, "anything"],
  // What `wasm` may be is found when it is compiled.
  [/^kernelsOf 1$/, "anything"],
];

/** Objects whose keys are the caller's: an unknown one is no mistake. */
export const OPEN: readonly RegExp[] = [
  /^(fitPreprocessing|classifier|regressor|trainTestSplit) 0/, // a table is data
  /^(applyPreprocessing|preprocessInputs) [01]/, // and a preprocessing JSON
  /^encodeModel 1/,
  /^(compile 0|Program\.bind 0|tensorGroup 1|encodeSafetensors 1|apply [02]|model 1\.layers|defineLayer 0\.keys)$/, // names of the caller's
  /^(train|Trainer|WorkerNetwork\.train) [23]$/, // a history: more in it is no mistake
  /^Engine\.call(able)? 0$/, // a recorded call is a result: more in it is no mistake
  /^serve 0$/, // an endpoint of the host's
  /^defineOptimizer 0\.hyperparameters$/, // names of the caller's
  /^parseDescription 0/, // descriptions come from files: unknown keys are FormatErrors
  /^(encodeNpy 0|encodeIdx 0|datasetFromArrays 0\.(inputs|labels|targets))$/, // an array may have a name beside its shape and data, as a tensor does
  /^(reportData|reportText) 0/, // evaluations are results: more in them is no mistake
];

/** Objects that a function of the library made and others take whole: what is within them is not varied. */
export const OPAQUE: readonly RegExp[] = [
  /^(CheckpointFolder\.save 0|encodeCheckpoint 0|restore 1)(\.|$)/, // a checkpoint; files are checked by decodeCheckpoint
  /^WorkerNetwork\.train 1\.resume(\.|$)/, // the same
];
