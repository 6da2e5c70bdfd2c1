/** lanegrad: train and run small neural networks on WebAssembly SIMD. */

export { describeProgram } from "./autodiff/describe.ts";
export { elementwiseFusion } from "./autodiff/elementwise_fusion.ts";
export {
  type GradientFunctionOf,
  grad,
  hessianVectorProduct,
  type ScalarFunction,
  type ValueAndGradientOf,
  valueAndGrad,
} from "./autodiff/grad.ts";
export { type GradCheckOptions, type GradCheckReport, gradCheck, type InputCheck } from "./autodiff/grad_check.ts";
export { type CompileOptions, compile, type Program } from "./autodiff/program.ts";
export { gradientsOf } from "./autodiff/reverse.ts";
export type { Destination } from "./autodiff/targets.ts";
export {
  type ArrayNames,
  type ArrayParts,
  type DatasetDetails,
  datasetFromArrays,
  datasetFromNamedArrays,
} from "./data/arrays.ts";
export {
  type Augmentation,
  type AugmentationAmounts,
  augmented,
  type ImageShape,
  imageShapeOf,
} from "./data/augmentation.ts";
export { type BatchesOptions, batches } from "./data/batches.ts";
export { type Cifar, type CifarBatch, type CifarOptions, loadCifar, parseCifar } from "./data/cifar.ts";
export { type Batch, Dataset } from "./data/dataset.ts";
export type { DatasetFault } from "./data/dataset_error.ts";
export { DatasetError } from "./data/dataset_error.ts";
export { type DownloadOptions, downloadMnist } from "./data/download.ts";
export {
  encodeIdx,
  type IdxArray,
  type IdxExpectation,
  type IdxOf,
  type IdxType,
  parseIdx,
  type ReadIdxOptions,
  readIdx,
} from "./data/idx.ts";
export type { IdxFault } from "./data/idx_error.ts";
export { IdxError } from "./data/idx_error.ts";
export type { DownloadProgress, FetchOptions } from "./data/mirrors.ts";
export { loadMnist, type Mnist, type MnistOptions, type MnistVariant, type NamedFiles } from "./data/mnist.ts";
export { loadNpz, type NpzOptions } from "./data/npz.ts";
export type {
  DatasetParts,
  InputArray,
  InputParts,
  LabelArray,
  LabelledParts,
  NumberArray,
  NumberParts,
  TargetForm,
} from "./data/parts.ts";
export { type Picture, type PreparedDigit, prepareDigit } from "./data/picture.ts";
export { applyScaling, minMax, type Scaling, scaleValues, standardize } from "./data/scaling.ts";
export { type SplitOptions, split } from "./data/split.ts";
export {
  type BagOfWordsOptions,
  bagOfWords,
  type Vocabulary,
  vectorize,
  type Weights,
} from "./data/tables/bag_of_words.ts";
export type {
  ArrayInputs,
  CategoryColumn,
  ClassTarget,
  ColumnPlace,
  IgnoredColumn,
  InputColumn,
  MissingValues,
  NumberColumn,
  NumberTarget,
  Preprocessing,
  TableInputs,
} from "./data/tables/columns.ts";
export {
  type ApplyOptions,
  applyPreprocessing,
  fitPreprocessing,
  type Preprocessed,
  type PreprocessingOptions,
  preprocessInputs,
} from "./data/tables/preprocessing.ts";
export { type Cell, type NumberTable, type Records, recordsOf } from "./data/tables/records.ts";
export { type SparseParts, type SparseRow, type SparseRows, sparseRows } from "./data/tables/sparse_rows.ts";
export {
  DisposedError,
  DivergedError,
  DownloadError,
  DTypeError,
  EngineMismatchError,
  IndexError,
  LanegradError,
  MissingPackageError,
  OptionError,
  SaveError,
  ShapeError,
} from "./errors.ts";
export { type Classifier, type ClassifierOptions, classifier, type Probabilities } from "./estimators/classifier.ts";
export type { Estimator, EstimatorOptions, EstimatorParts } from "./estimators/estimator.ts";
export { type LoadModelOptions, loadModel } from "./estimators/load_model.ts";
export { encodeModel } from "./estimators/model_bytes.ts";
export { type Answer, type Regressor, type RegressorOptions, regressor } from "./estimators/regressor.ts";
export type { ReadOptions, Row, Rows, Table, TableData } from "./estimators/source.ts";
export { type TrainTestSplit, type TrainTestSplitOptions, trainTestSplit } from "./estimators/train_test_split.ts";
export type { TrainingOptions } from "./estimators/training.ts";
export type { ArrayData, NamedArray, ShapedArray, WidenedType } from "./formats/arrays.ts";
export type { FileFormat, FileKind, FormatFault } from "./formats/format_error.ts";
export { FormatError } from "./formats/format_error.ts";
export { identifyFile } from "./formats/identify.ts";
export { decodeNpy, encodeNpy } from "./formats/npy.ts";
export { type DecodeNpzOptions, decodeNpz, encodeNpz, type SkippedEntry } from "./formats/npz.ts";
export type { OnnxAttribute } from "./formats/onnx.ts";
export { decodeSafetensors, encodeSafetensors, type Safetensors } from "./formats/safetensors.ts";
export type { Interval } from "./interval.ts";
export type { Accumulation, AccumulationPart } from "./nn/accumulation.ts";
export {
  crossEntropyLoss,
  huberLoss,
  meanAbsoluteErrorLoss,
  parseLoss,
} from "./nn/described_losses.ts";
export {
  describeNetwork,
  type NetworkDescription,
  type ParseOptions,
  parseDescription,
} from "./nn/files/description.ts";
export { type DecodeNetworkOptions, decodeNetwork, encodeNetwork } from "./nn/files/network_file.ts";
export { encodeOnnx, type OnnxExportOptions, type OnnxScaling } from "./nn/files/onnx_export.ts";
export {
  loadWeights,
  type Naming,
  type SetWeightsOptions,
  setWeights,
  type WeightsOptions,
  weightsOf,
} from "./nn/files/weights.ts";
export type { Forward } from "./nn/forward.ts";
export type { Examples, Targets, TensorRows } from "./nn/inputs.ts";
export {
  type ActivationFunction,
  type ActivationLayer,
  elu,
  gelu,
  hardSigmoid,
  hardSwish,
  leakyRelu,
  mish,
  relu,
  relu6,
  selu,
  sigmoid,
  silu,
  softplus,
  tanh,
} from "./nn/layers/activations.ts";
export { type BatchNormLayer, type BatchNormOptions, batchNorm } from "./nn/layers/batch_norm.ts";
export { type Conv2dLayer, type Conv2dLayerOptions, conv2d } from "./nn/layers/conv2d.ts";
export { type DenseLayer, type DenseOptions, dense } from "./nn/layers/dense.ts";
export {
  type DepthwiseConv2dLayer,
  type DepthwiseConv2dLayerOptions,
  depthwiseConv2d,
} from "./nn/layers/depthwise_conv2d.ts";
export { type DropoutLayer, dropout } from "./nn/layers/dropout.ts";
export { type FlattenLayer, flatten } from "./nn/layers/flatten.ts";
export { type FrozenLayer, freeze, unfreeze } from "./nn/layers/freeze.ts";
export type { Initializer } from "./nn/layers/initializers.ts";
export { type CustomLayers, parseLayers } from "./nn/layers/known.ts";
export type { CustomLayer, Layer, ResidualLayer, Sequential } from "./nn/layers/layer.ts";
export { type ModelLayer, type ModelParts, model } from "./nn/layers/model.ts";
export {
  type GroupNormLayer,
  groupNorm,
  type LayerNormLayer,
  layerNorm,
  type NormLayerOptions,
} from "./nn/layers/normalization.ts";
export {
  type AvgPool2dLayer,
  avgPool2d,
  type GlobalAvgPool2dLayer,
  globalAvgPool2d,
  type MaxPool2dLayer,
  maxPool2d,
} from "./nn/layers/pooling.ts";
export { type PreluLayer, type PreluOptions, prelu } from "./nn/layers/prelu.ts";
export {
  type Arrangement,
  type CustomKind,
  defineLayer,
  type LayerContext,
  type LayerDescription,
  type LayerFormats,
  type LayerFunction,
  type LayerRecord,
  type Mode,
  type OnnxOperator,
  type ParameterSpec,
} from "./nn/layers/record.ts";
export { type ResidualOptions, residual, sequential } from "./nn/layers/sequential.ts";
export type { Schedule, SchedulePart, SchedulePlan } from "./nn/learning_rate.ts";
export type { DescribedLoss, Loss, LossDescription, LossName } from "./nn/losses.ts";
export { Network, type NetworkOptions, network } from "./nn/network.ts";
export { type NumericalMethod, type NumericalOptions, numericalGradientOf } from "./nn/numerical_gradient.ts";
export { adaGrad } from "./nn/optimizers/ada_grad.ts";
export { adam, adamW } from "./nn/optimizers/adam.ts";
export {
  defineOptimizer,
  type OptimizerDefinition,
  type OptimizerFunction,
  type UpdateOperands,
} from "./nn/optimizers/custom.ts";
export { builtInOptimizers, type ParseOptimizerOptions, parseOptimizer } from "./nn/optimizers/known.ts";
export { momentum, nesterov } from "./nn/optimizers/momentum.ts";
export type {
  CustomOptimizer,
  Hyperparameter,
  Kinds as OptimizerNumbers,
  Optimizer,
  OptimizerFacts,
  OptimizerOf,
  OptimizerOptions,
  UpdateOptions,
} from "./nn/optimizers/record.ts";
export { rmsProp } from "./nn/optimizers/rms_prop.ts";
export { sgd } from "./nn/optimizers/sgd.ts";
export type { OptimizerState } from "./nn/optimizers/state.ts";
export type { NamedTensors } from "./nn/parameters.ts";
export { rateAt, schedule } from "./nn/schedules.ts";
export { type LayerSummary, type NetworkSummary, summary } from "./nn/summary.ts";
export { networkOf, type Trainable } from "./nn/trainable.ts";
export type { StepSource, TrainingStep } from "./nn/training_step.ts";
export type { AlphaOption } from "./ops/activations.ts";
export { type Activation, type AffineOptions, affine } from "./ops/affine.ts";
export { all, any, type TruthFunction } from "./ops/any_all.ts";
export { apply } from "./ops/apply.ts";
export { type ArgFunction, argmax, argmin } from "./ops/argmax.ts";
export { countCorrect } from "./ops/argmax_rows.ts";
export { expandDims, squeeze, stack, tensorSplit, unstack } from "./ops/axes.ts";
export { addBias, columnSums } from "./ops/bias.ts";
export {
  add,
  type BinaryFunction,
  div,
  drop,
  equal,
  greater,
  greaterEqual,
  keep,
  maximum,
  minimum,
  mul,
  sub,
} from "./ops/binary.ts";
export { binaryCrossEntropyWithLogits } from "./ops/binary_cross_entropy.ts";
export { broadcastTo } from "./ops/broadcast_to.ts";
export { type CastType, cast } from "./ops/cast.ts";
export type { AxisOption, Into } from "./ops/check.ts";
export { clip } from "./ops/clip.ts";
export { isFinite, isNaN, less, lessEqual, logicalAnd, logicalNot, logicalOr, notEqual } from "./ops/comparison.ts";
export {
  type Conv1dOptions,
  type Conv2dOptions,
  type ConvTranspose2dOptions,
  conv1d,
  convTranspose2d,
} from "./ops/convolution.ts";
export type { Padding, Pair, WindowOptions } from "./ops/convolution_sizes.ts";
export {
  type BincountOptions,
  bincount,
  type Histogram,
  type HistogramOptions,
  histogram,
  nonzero,
  type Unique,
  type UniqueOptions,
  unique,
} from "./ops/counting.ts";
export { type LossOptions, softmaxCrossEntropy } from "./ops/cross_entropy.ts";
export { type AxisFunction, cumprod, cumsum } from "./ops/cumulative.ts";
export type { DepthwiseOptions } from "./ops/depthwise.ts";
export { dot, outer, type ProductFunction } from "./ops/dot.ts";
export type { DropoutOptions } from "./ops/dropout.ts";
export { einsum } from "./ops/einsum.ts";
export {
  type ComposedFunction,
  erf,
  exp,
  type GeluOptions,
  type GradientFunction,
  log,
  neg,
  pow,
  reluGradient,
  type SlopeOption,
  sigmoidGradient,
  sqrt,
  square,
  tanhGradient,
} from "./ops/elementwise.ts";
export { batchOf, gatherIndices, gatherRows, labelsOf } from "./ops/gather.ts";
export { gather, gatherND, scatter, scatterAdd, takeAlongAxis } from "./ops/indexing.ts";
export { logSumExp } from "./ops/log_sum_exp.ts";
export { expm1, log1p, log2, log10, reciprocal, rsqrt } from "./ops/logarithms.ts";
export {
  type CrossEntropyOptions,
  crossEntropy,
  type HuberOptions,
  huber,
  meanAbsoluteError,
  type Reduction,
  type ReductionOptions,
} from "./ops/losses.ts";
export { type MatmulOptions, matmul, type ProductOptions } from "./ops/matmul.ts";
export { type NormFunction, type NormOptions, norm } from "./ops/norm.ts";
export type {
  LayerNormOptions,
  NormalizationOptions,
} from "./ops/normalization.ts";
export {
  type AvgPoolOptions,
  adaptiveAvgPool2d,
  globalMaxPool2d,
  type PoolFunction,
  type PoolOptions,
} from "./ops/pooling.ts";
export { prod } from "./ops/prod.ts";
export type { Transpose } from "./ops/product.ts";
export { max, mean, min } from "./ops/reduce.ts";
export { type ResizeOptions, resize } from "./ops/resize.ts";
export { abs, ceil, floor, floorDiv, mod, round, sign, trunc } from "./ops/rounding.ts";
export { concat, reshape } from "./ops/rows.ts";
export { type SearchOptions, searchSorted } from "./ops/search.ts";
export { type AxesOption, flip, slice } from "./ops/slicing.ts";
export { logSoftmax, softmax } from "./ops/softmax.ts";
export { argSort, type SortOptions, sort, type TopKOptions, type TopValues, topK } from "./ops/sort.ts";
export { compress, compressed, densityOf, gatherSparseRows, sparseAffine, sparseAxpy } from "./ops/sparse.ts";
export { sparseMatrix } from "./ops/sparse_rows.ts";
export { meanSquaredError, squaredError } from "./ops/squared_error.ts";
export { type ReduceFunction, type ReduceOptions, sum } from "./ops/sum.ts";
export { type TakeOptions, take } from "./ops/take.ts";
export { type FlatAxisOption, type PadOptions, type PadWidth, pad, repeat, roll, tile } from "./ops/tiling.ts";
export { type TransposeOptions, transpose } from "./ops/transpose.ts";
export { acos, asin, atan, atan2, cos, cosh, sin, sinh, tan } from "./ops/trigonometry.ts";
export type { UnaryFunction } from "./ops/unary.ts";
export { std, type VarianceFunction, type VarianceOptions, variance } from "./ops/variance.ts";
export { axpy, copy, fill } from "./ops/vectors.ts";
export { where } from "./ops/where.ts";
export type { KeysOf } from "./options.ts";
export { type ChoiceOptions, type DrawShape, RandomState, type Shuffleable } from "./random/random_state.ts";
export type { RandomStateSnapshot } from "./random/snapshot.ts";
export {
  type DiagonalOptions,
  diag,
  type MeshgridOptions,
  meshgrid,
  oneHot,
  tril,
  triu,
} from "./tensor/arrangement.ts";
export {
  arange,
  type CreationOptions,
  type DiagonalOption,
  type EyeOptions,
  eye,
  full,
  type LinspaceOptions,
  linspace,
  ones,
} from "./tensor/creation.ts";
export {
  type AnyValue,
  constant,
  Expression,
  input,
  type Value,
} from "./tensor/expression.ts";
export { type GroupOptions, type TensorGroup, tensorGroup } from "./tensor/group.ts";
export type { NestedNumbers, Shape } from "./tensor/layout.ts";
export type {
  Applied as AppliedOperation,
  Attributes as OperationAttributes,
  BufferRef,
  Call as OperationCall,
  Operation,
  PerOperand,
  ProgramValue,
  Rewriting,
  Step as OperationStep,
  TensorSpec,
  UnboundCall,
} from "./tensor/operation.ts";
export { SparseMatrix, type SparseSpec } from "./tensor/sparse.ts";
export { Tensor, type TensorData, type TensorOptions, tensor, zeros } from "./tensor/tensor.ts";
export { type Checkpoint, checkpointOf, restore } from "./train/checkpoints/checkpoint.ts";
export type { CheckpointFault } from "./train/checkpoints/checkpoint_error.ts";
export { CheckpointError } from "./train/checkpoints/checkpoint_error.ts";
export {
  type DecodeCheckpointOptions,
  decodeCheckpoint,
  encodeCheckpoint,
} from "./train/checkpoints/checkpoint_file.ts";
export { CheckpointFolder, type CheckpointFolderOptions } from "./train/checkpoints/checkpoint_folder.ts";
export type { CheckpointFacts } from "./train/checkpoints/facts.ts";
export type { BinaryMetrics, BinaryReport } from "./train/evaluation/binary_metrics.ts";
export type { EarlyStopping } from "./train/evaluation/early_stopping.ts";
export { accuracyOf, type EvaluateOptions, type Evaluation, evaluate, type TopK } from "./train/evaluation/evaluate.ts";
export { type AsyncOptions, evaluateAsync, misclassifiedAsync } from "./train/evaluation/evaluate_async.ts";
export { type AverageMetrics, type ClassMetrics, type ClassReport, classReport } from "./train/evaluation/metrics.ts";
export { type Misclassified, type MisclassifiedOptions, misclassified } from "./train/evaluation/misclassified.ts";
export type { RegressionMetrics, RegressionReport } from "./train/evaluation/number_metrics.ts";
export { binaryMetrics, regressionReport } from "./train/evaluation/plain_metrics.ts";
export { type EvaluationData, reportData, reportText } from "./train/evaluation/report.ts";
export { augment } from "./train/feeding/augment.ts";
export type { TrainingAugmentation } from "./train/feeding/feed.ts";
export { type InputLayout, Minibatch, ResidentDataset, type ResidentOptions } from "./train/feeding/resident.ts";
export type { Sampling } from "./train/feeding/sampler.ts";
export { SparseDataset, type SparseDatasetParts } from "./train/feeding/sparse_dataset.ts";
export { type LoadOptions, StagedMinibatch, type StagedOptions } from "./train/feeding/staged.ts";
export {
  DatasetStream,
  type StreamOptions,
  streamDataset,
} from "./train/feeding/stream.ts";
export type { StreamBatch, StreamBatchesOptions } from "./train/feeding/stream_feed.ts";
export { type WeightedDataset, weighted } from "./train/feeding/weighted.ts";
export {
  type EpochRecord,
  type EvaluationRecord,
  emptyHistory,
  type Outcome,
  type TrainHistory,
} from "./train/loop/history.ts";
export type { FitProgress, Progress } from "./train/loop/progress.ts";
export { type RunOptions, runTrainer } from "./train/loop/run.ts";
export { type TrainOptions, train } from "./train/loop/train.ts";
export { Trainer, type TrainerData, type TrainProgress } from "./train/loop/trainer.ts";
export type { TrainerOptions, TrainingPlan } from "./train/loop/training_plan.ts";
export type { KernelCall } from "./wasm/abi.ts";
export type { ArrayOf, DType, FloatType, NumberType } from "./wasm/dtype.ts";
export { Engine, type EngineOptions, type EngineStats, type Fusion } from "./wasm/engine.ts";
export type { AllocationFault, EngineFault } from "./wasm/errors.ts";
export { AllocationError, EngineError, OverrunError, TrapError } from "./wasm/errors.ts";
export type { Forgotten } from "./wasm/forgotten.ts";
export { type Build, kernelsOf, supports, type WasmSource } from "./wasm/load.ts";
export type { WorkerFault } from "./worker/worker_error.ts";
export { WorkerError } from "./worker/worker_error.ts";
