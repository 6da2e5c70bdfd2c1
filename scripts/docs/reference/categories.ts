/**
 * Categories of exports by the file that declares them, so that no source says it: the longest path that a file begins
 * with counts.
 */
import { type Application, Comment, CommentTag, type Context, Converter, type DeclarationReflection } from "typedoc";

const CATEGORIES: Readonly<Record<string, string>> = {
  "src/wasm": "Engine",
  "src/tensor": "Tensors",
  "src/tensor/expression.ts": "Expressions and programs",
  "src/tensor/operation.ts": "Expressions and programs",
  "src/ops": "Operations",
  "src/ops/linalg": "Linear algebra",
  "src/ops/linalg/error.ts": "Errors",
  "src/ops/apply.ts": "Expressions and programs",
  "src/options.ts": "Layers",
  "src/formats/onnx.ts": "Formats",
  "src/ops/binary_cross_entropy.ts": "Losses",
  "src/ops/cross_entropy.ts": "Losses",
  "src/ops/squared_error.ts": "Losses",
  "src/autodiff": "Expressions and programs",
  "src/nn": "Networks",
  "src/nn/layers": "Layers",
  "src/ops/losses.ts": "Losses",
  "src/nn/described_losses.ts": "Losses",
  "src/nn/losses.ts": "Losses",
  "src/nn/summary.ts": "Networks",
  "src/nn/optimizers": "Optimizers",
  "src/nn/schedules.ts": "Schedules",
  "src/nn/learning_rate.ts": "Schedules",
  "src/nn/files/network_file.ts": "Formats",
  "src/nn/files/onnx_export.ts": "Formats",
  "src/nn/files/weights.ts": "Formats",
  "src/nn/files/description.ts": "Formats",
  "src/nn/training_step.ts": "Training",
  "src/nn/accumulation.ts": "Training",
  "src/train": "Training",
  "src/train/evaluation/class_labels.ts": "Evaluation",
  "src/train/feeding/augment.ts": "Data",
  "src/train/feeding/feed.ts": "Data",
  "src/train/feeding/sparse_dataset.ts": "Data",
  "src/train/feeding/weighted.ts": "Data",
  "src/train/feeding/stream.ts": "Data",
  "src/train/feeding/stream_feed.ts": "Data",
  "src/train/evaluation/evaluate.ts": "Evaluation",
  "src/train/evaluation/evaluate_async.ts": "Evaluation",
  "src/train/evaluation/binary_metrics.ts": "Evaluation",
  "src/train/evaluation/metrics.ts": "Evaluation",
  "src/train/evaluation/number_metrics.ts": "Evaluation",
  "src/train/evaluation/plain_metrics.ts": "Evaluation",
  "src/train/evaluation/misclassified.ts": "Evaluation",
  "src/train/evaluation/report.ts": "Evaluation",
  "src/estimators": "Classifiers and regressors",
  "src/data": "Data",
  "src/data/tables": "Classifiers and regressors",
  "src/formats": "Formats",
  "src/random": "Random numbers",
  "src/chapter": "Chapter",
  "src/interval.ts": "Optimizers",
  "src/errors.ts": "Errors",
  "src/wasm/errors.ts": "Errors",
  "src/formats/format_error.ts": "Errors",
  "src/data/idx_error.ts": "Errors",
  "src/data/dataset_error.ts": "Errors",
  "src/train/checkpoints/checkpoint_error.ts": "Errors",
  "src/worker/worker_error.ts": "Errors",
  "src/worker": "Worker",
  "src/plot": "Plot",
};

/** As a reader meets them. */
export const CATEGORY_ORDER: readonly string[] = [
  ...["Engine", "Tensors", "Operations", "Linear algebra", "Expressions and programs"],
  ...["Networks", "Layers", "Losses", "Optimizers", "Schedules", "Training", "Evaluation"],
  ...["Data", "Formats", "Random numbers", "Errors", "Chapter", "Worker", "Plot", "*"],
];

/** Gives every export the category of its file. A file without one is a warning. */
export function categorize(app: Application): void {
  app.converter.on(Converter.EVENT_RESOLVE_END, ({ project, logger }: Context) => {
    for (const module of project.children ?? []) {
      for (const child of module.children ?? []) {
        const category = categoryOf(child);
        if (category === undefined) logger.warn(`scripts/docs/reference/categories.ts: no category for ${child.name}`);
        child.comment ??= new Comment();
        child.comment.blockTags.push(new CommentTag("@category", [{ kind: "text", text: category ?? "Other" }]));
      }
    }
  });
}

function categoryOf(reflection: DeclarationReflection): string | undefined {
  const target = reflection.isReference() ? reflection.getTargetReflection() : reflection;
  const file = target.isDeclaration() ? target.sources?.[0]?.fileName : undefined;
  const [longest] = Object.keys(CATEGORIES)
    .filter((path) => file === path || file?.startsWith(`${path}/`))
    .sort((a, b) => b.length - a.length);
  return longest && CATEGORIES[longest];
}
