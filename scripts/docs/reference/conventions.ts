/**
 * What need not be said in a source: members that mean the same wherever they stand, members that are those of another type,
 * and names of parameters that are taken apart.
 */
import {
  type Application,
  Comment,
  type Context,
  Converter,
  type DeclarationReflection,
  type ParameterReflection,
  type ProjectReflection,
  ReflectionKind,
} from "typedoc";

const ANYWHERE: Readonly<Record<string, string>> = {
  kind: "Tells the forms of the type apart.",
  type: "The type of its elements.",
  shape: "Extents, the outermost axis first.",
  data: "The elements, row-major.",
  engine: "The engine whose memory it lives in.",
  dtype: "The type of its numbers.",
  inputSize: "Numbers that one example has.",
  outputSize: "Numbers that come out for one example.",
  dispose: "Gives its memory back. A second call does nothing.",
  "[dispose]": "What `using` calls at the end of its scope: `dispose()`.",
  "[asyncDispose]": "What `await using` awaits at the end of its scope.",
};

/** Of the errors, and of the faults in them. */
const OF_ERRORS: Readonly<Record<string, string>> = {
  name: "The class's name, or that of what is wrong.",
  fault: "What is wrong, as data; the message is made of it.",
  op: "The function that found it.",
  argument: "Its parameter, by name.",
  file: "The file's name.",
  files: "The files' names.",
  looked: "Where it was looked for.",
  expected: "What would be right.",
  cure: "What to do, in the imperative.",
  unknown: "What this version does not know.",
  found: "What came instead.",
  reason: "The platform's or the parser's own words.",
  limit: "The most that is allowed.",
  part: "What of the file is meant.",
  entry: "The archive's entry, by name.",
  tensor: "The tensor, by name.",
  position: "Which example, from 0 on.",
  value: "What stands there.",
  classes: "How many classes there are.",
  images: "How many images there are.",
  labels: "How many labels there are.",
  line: "From 1 on.",
  column: "The column, by name or number.",
  code: "The byte that should name a type.",
  memoryBytes: "What the memory had grown to.",
  differences: "What of the run is another, each with both values.",
};

/** Of what the platform has: workers and documents. */
const OF_THE_PLATFORM: ReadonlySet<string> = new Set([
  ...["addEventListener", "createElementNS", "on", "postMessage", "terminate", "unref"],
]);

/** Types, and the types that say what their members of the same name mean. */
const AS_IN: Readonly<Record<string, string>> = {
  AverageMetrics: "ClassMetrics",
  EvaluationData: "Evaluation",
  TrainingPlan: "TrainerOptions",
};

export function documentConventions(app: Application): void {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }: Context) => {
    for (const reflection of Object.values(project.reflections)) {
      if (reflection.isParameter()) nameParameter(reflection);
      if (!reflection.isDeclaration() || !reflection.kindOf(ReflectionKind.ClassMember)) continue;
      const comment = conventionFor(project, reflection);
      if (comment === undefined) continue;
      for (const holder of reflection.signatures ?? [reflection]) holder.comment ??= comment.clone();
    }
  });
}

function conventionFor(project: ProjectReflection, member: DeclarationReflection): Comment | undefined {
  const { name } = member;
  if (OF_THE_PLATFORM.has(name)) return commentOf(`The platform's own \`${name}\`.`);
  const type = member.getFriendlyFullName().split(".")[1] ?? "";
  const asIn = AS_IN[type] ?? "";
  for (const other of project.getReflectionsByKind(ReflectionKind.ClassMember)) {
    if (other.name === name && other.getFriendlyFullName().split(".")[1] === asIn) return other.comment;
  }
  const isOfErrors = /[/_]errors?\.ts$/.test(member.sources?.[0]?.fullFileName ?? "");
  const text = (isOfErrors ? OF_ERRORS[name] : undefined) ?? ANYWHERE[name];
  return text === undefined ? undefined : commentOf(text);
}

function commentOf(text: string): Comment {
  return new Comment([{ kind: "text", text }]);
}

/** `{ keep, maxBytes }: CheckpointFolderOptions` is shown as `options`. */
function nameParameter(parameter: ParameterReflection): void {
  if (parameter.name !== "__namedParameters") return;
  const type = parameter.type?.type === "reference" ? parameter.type.name : "Options";
  parameter.name =
    type === "Into" || type.endsWith("Options") ? "options" : `${type.charAt(0).toLowerCase()}${type.slice(1)}`;
}
