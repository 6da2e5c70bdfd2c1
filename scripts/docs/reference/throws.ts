/**
 * Errors: `@throws {ShapeError} when` becomes one list with links, and is checked. Its class must exist, and what a body
 * throws by `throw new X`, outside of functions within it and of `try`, must be told.
 */
import {
  type Application,
  type Comment,
  type CommentDisplayPart,
  CommentTag,
  type Context,
  Converter,
  type DeclarationReflection,
  type Reflection,
  ReflectionKind,
  TypeScript as ts,
} from "typedoc";

/** Errors of the platform that comments may name. */
const OF_THE_PLATFORM = new Set(["Error", "RangeError", "TypeError"]);
const CALLABLE = ReflectionKind.Function | ReflectionKind.Method | ReflectionKind.Accessor | ReflectionKind.Constructor;

export function tellErrors(app: Application): void {
  app.converter.on(
    Converter.EVENT_RESOLVE_END,
    (context: Context) => {
      const errors = errorsOf(context);
      for (const reflection of Object.values(context.project.reflections)) {
        if (reflection.isDeclaration() && reflection.kindOf(CALLABLE)) findUntold(context, reflection);
      }
      for (const reflection of Object.values(context.project.reflections)) listThrows(context, reflection, errors);
    },
    200, // before categories, and before links are resolved
  );
}

/** The exported classes of errors by name. */
function errorsOf({ project }: Context): ReadonlyMap<string, DeclarationReflection> {
  const classes = project.getReflectionsByKind(ReflectionKind.Class) as DeclarationReflection[];
  return new Map(classes.filter(({ name }) => name.endsWith("Error")).map((found) => [found.name, found]));
}

function findUntold(context: Context, reflection: DeclarationReflection): void {
  const isConstructor = reflection.kindOf(ReflectionKind.Constructor);
  const signatures = [...(reflection.signatures ?? []), reflection.getSignature, reflection.setSignature];
  const comments = [...signatures.map((signature) => signature?.comment), isConstructor && reflection.parent?.comment];
  const told = new Set<string>();
  for (const comment of comments) for (const { type } of comment ? throwsOf(comment) : []) told.add(type);
  const declarations = context.getSymbolFromReflection(reflection)?.declarations ?? [];
  const bodies = declarations.map((declaration) => (declaration as { readonly body?: ts.Node }).body);
  for (const thrown of new Set(bodies.flatMap((body) => (body === undefined ? [] : thrownIn(body))))) {
    if (told.has(thrown)) continue;
    context.logger.warn(`${reflection.getFriendlyFullName()} throws ${thrown}, and no @throws says when`);
  }
}

/** What stands behind `throw new`; not what is caught, nor what a function within throws. */
function thrownIn(node: ts.Node): readonly string[] {
  if (ts.isFunctionLike(node) || ts.isClassLike(node)) return [];
  if (ts.isTryStatement(node) && node.catchClause !== undefined) return thrownIn(node.catchClause);
  const found: string[] = [];
  if (ts.isThrowStatement(node) && ts.isNewExpression(node.expression))
    found.push(node.expression.expression.getText());
  ts.forEachChild(node, (child) => void found.push(...thrownIn(child)));
  return found;
}

function throwsOf({ blockTags }: Comment): readonly { readonly type: string; readonly when: CommentDisplayPart[] }[] {
  return blockTags
    .filter(({ tag }) => tag === "@throws")
    .map(({ typeAnnotation, content }) => ({ type: typeAnnotation?.replace(/^\{|\}$/g, "") ?? "", when: content }));
}

/** One tag in place of many, each line with a link to its class. A line without a class says what is passed on. */
function listThrows({ logger }: Context, holder: Reflection, errors: ReadonlyMap<string, DeclarationReflection>): void {
  const found = holder.comment ? throwsOf(holder.comment) : [];
  if (found.length === 0) return;
  const lines = found.flatMap(({ type, when }): CommentDisplayPart[] => {
    const target = errors.get(type);
    const name: CommentDisplayPart = target
      ? { kind: "inline-tag", tag: "@link", text: type, target }
      : { kind: "text", text: type };
    const isKnown = target !== undefined || type === "" || OF_THE_PLATFORM.has(type);
    if (!isKnown) logger.warn(`${holder.getFriendlyFullName()}: @throws {${type}}: there is no such class`);
    const words: CommentDisplayPart[] = type === "" ? when : [name, { kind: "text", text: ": " }, ...when];
    return [{ kind: "text", text: "- " }, ...words, { kind: "text", text: "\n" }];
  });
  holder.comment?.removeTags("@throws");
  holder.comment?.blockTags.push(new CommentTag("@throws", lines));
}
