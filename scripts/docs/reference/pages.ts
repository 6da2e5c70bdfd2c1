/** How pages are called, and what stands on them once: modules by their entries, guides by their headings. */
import { readFileSync } from "node:fs";
import { type Application, Comment, type Context, Converter, ReflectionKind } from "typedoc";
import { GIVEN } from "./check.ts";

/** A member that only the library can name. */
const BY_SYMBOL = /^\[[A-Z]+\]$/;

export function arrangePages(app: Application, entries: Readonly<Record<string, string>>): void {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }: Context) => {
    for (const { name, file, module } of modulesOf(project, entries)) {
      module.name = name;
      const header = headerOf(file);
      if (header !== undefined) module.comment = header;
    }
    for (const reflection of Object.values(project.reflections)) {
      if (BY_SYMBOL.test(reflection.name)) project.removeReflection(reflection);
    }
    for (const document of project.documents ?? []) document.name = headingOf(document.content) ?? document.name;
  });
  app.converter.on(Converter.EVENT_RESOLVE_END, ({ project }: Context) => {
    for (const reflection of Object.values(project.reflections)) {
      if (!reflection.isDeclaration()) continue;
      const made = reflection.kind === ReflectionKind.Constructor ? (reflection.parent?.name ?? "") : "";
      if (GIVEN.has(made) || made.endsWith("Error")) project.removeReflection(reflection);
      const [first, ...others] = reflection.signatures ?? [];
      for (const { sources = [] } of [reflection, ...(reflection.signatures ?? [])]) {
        for (const source of sources) delete source.url; // there is no place that it could lead to
      }
      // What is said of the first overload is said of those that have no words of their own.
      for (const other of others) {
        if (textOf(other.comment) === textOf(first?.comment)) delete other.comment;
      }
    }
  });
}

function modulesOf(project: Context["project"], entries: Readonly<Record<string, string>>) {
  return project.getReflectionsByKind(ReflectionKind.Module).flatMap((module) => {
    const file = module.isDeclaration() ? (module.sources?.[0]?.fullFileName ?? "") : "";
    const entry = Object.entries(entries).find(([, path]) => file.endsWith(`/${path}`));
    return entry === undefined ? [] : [{ name: entry[0], file, module }];
  });
}

/** What a file says of itself before its first line. */
function headerOf(file: string): Comment | undefined {
  const header = /^\/\*\*\s+([\s\S]*?)\s+\*\/\n\n?(?:export|import)/.exec(readFileSync(file, "utf8"))?.[1];
  if (header === undefined) return undefined;
  return new Comment([{ kind: "text", text: header.replaceAll(/\n \* ?/g, "\n") }]);
}

/** A guide's heading, without code marks. */
function headingOf(content: Comment["summary"]): string | undefined {
  const text = content.map((part) => part.text).join("");
  return /^# (.+)$/m.exec(text)?.[1]?.replaceAll("`", "");
}

function textOf(comment: Comment | undefined): string {
  return comment?.summary.map((part) => part.text).join("") ?? "";
}
