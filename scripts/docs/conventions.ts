/** Members that mean the same wherever they stand: said once here, so that no source repeats them. */
import { type Application, Comment, type Context, Converter, type DeclarationReflection, ReflectionKind } from "typedoc";

const ANYWHERE: Readonly<Record<string, string>> = {
  kind: "Tells the forms of the type apart.",
  engine: "The engine whose memory it lives in.",
  dtype: "The type of its numbers.",
  dispose: "Gives its memory back. A second call does nothing.",
  "[dispose]": "What `using` calls at the end of its scope: `dispose()`.",
  "[asyncDispose]": "What `await using` awaits at the end of its scope.",
};

/** Of the errors and the faults in them. */
const OF_ERRORS: Readonly<Record<string, string>> = {
  name: "The class's name, which a copy from a worker has as well.",
  fault: "What is wrong, as data; the message is made of it.",
  op: "The function that found it.",
  argument: "Its parameter, by name.",
  file: "The file's name.",
  expected: "What would be right.",
  found: "What came instead.",
  reason: "The platform's or the parser's own words.",
  limit: "The most that is allowed.",
};

/** Comments for these members, where the source has none. */
export function documentConventions(app: Application): void {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }: Context) => {
    for (const reflection of project.getReflectionsByKind(ReflectionKind.ClassMember)) {
      if (!reflection.isDeclaration()) continue;
      const text = (isOfErrors(reflection) ? OF_ERRORS[reflection.name] : undefined) ?? ANYWHERE[reflection.name];
      if (text === undefined) continue;
      for (const holder of reflection.signatures ?? [reflection]) {
        holder.comment ??= new Comment([{ kind: "text", text }]);
      }
    }
  });
}

function isOfErrors({ sources }: DeclarationReflection): boolean {
  return /\/(errors|faults)\.ts$/.test(sources?.[0]?.fullFileName ?? "");
}
