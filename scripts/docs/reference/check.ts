/** What must be said: of every export and of every member what it is, of functions and classes by an example as well. */
import {
  type Application,
  type Context,
  Converter,
  type DeclarationReflection,
  type Reflection,
  ReflectionKind,
} from "typedoc";

const EXPORTS =
  ReflectionKind.Class |
  ReflectionKind.Interface |
  ReflectionKind.Function |
  ReflectionKind.TypeAlias |
  ReflectionKind.Variable;
const MEMBERS = ReflectionKind.Property | ReflectionKind.Method | ReflectionKind.Accessor;

/** Members of tables by dtype, which say themselves what they are of. */
const DTYPES = new Set(["float32", "float64", "int32", "uint16", "uint8"]);

/** Classes that a program is given, and never makes: what gives them has the example. */
export const GIVEN: ReadonlySet<string> = new Set([
  ...["Accumulation", "DatasetStream", "Expression", "NetworkWorker", "Program", "Tensor"],
  ...["WorkerDataset", "WorkerNetwork"],
]);

export function checkComments(app: Application): void {
  app.converter.on(
    Converter.EVENT_RESOLVE_END,
    ({ project, logger }: Context) => {
      const counts = { exports: 0, members: 0, examples: 0 };
      for (const reflection of Object.values(project.reflections)) {
        if (!reflection.isDeclaration() || reflection.isReference()) continue;
        if (reflection.kindOf(EXPORTS)) counts.exports++;
        else if (reflection.kindOf(MEMBERS) && !DTYPES.has(reflection.name) && !isPart(reflection)) counts.members++;
        else continue;
        const isAbsent = reflection.type?.type === "intrinsic" && reflection.type.name === "undefined";
        if (!isDocumented(reflection) && !isAbsent)
          logger.warn(`${reflection.getFriendlyFullName()} is not documented`);
        if (hasExample(reflection)) counts.examples++;
        else if (needsExample(reflection)) logger.warn(`${reflection.getFriendlyFullName()} has no @example`);
      }
      logger.info(`${counts.exports} exports, ${counts.members} members; ${counts.examples} with an example`);
    },
    100,
  );
}

/** Whether something else speaks for it: a parameter, a member that it is part of, or what is said of each form of a union. */
function isPart({ parent }: Reflection): boolean {
  for (let above = parent; above !== undefined; above = above.parent) {
    if (above.kindOf(ReflectionKind.Parameter) || above.kindOf(ReflectionKind.SomeSignature)) return true;
    if (!above.isDeclaration()) continue;
    if (above.kindOf(MEMBERS) && isDocumented(above)) return true;
    if (above.type?.type === "union" && above.type.elementSummaries !== undefined) return true;
  }
  return false;
}

function isDocumented(reflection: DeclarationReflection): boolean {
  return commentsOf(reflection).some((comment) => comment?.hasVisibleComponent());
}

function hasExample(reflection: DeclarationReflection): boolean {
  const constructors = reflection.children?.filter(({ kind }) => kind === ReflectionKind.Constructor) ?? [];
  return [reflection, ...constructors].flatMap(commentsOf).some((comment) => comment?.getTag("@example") !== undefined);
}

function needsExample({ kind, name }: DeclarationReflection): boolean {
  if (kind === ReflectionKind.Class) return !name.endsWith("Error") && !GIVEN.has(name);
  return kind === ReflectionKind.Function;
}

function commentsOf({ comment, signatures = [], getSignature, setSignature }: DeclarationReflection) {
  return [comment, getSignature?.comment, setSignature?.comment, ...signatures.map((signature) => signature.comment)];
}
