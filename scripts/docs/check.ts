/** What TypeDoc's own validation does not look for: examples of what a user calls. */
import { type Application, type Context, Converter, type DeclarationReflection, ReflectionKind } from "typedoc";

export function checkComments(app: Application): void {
  app.converter.on(
    Converter.EVENT_RESOLVE_END,
    ({ project, logger }: Context) => {
      for (const reflection of project.getReflectionsByKind(ReflectionKind.Function)) {
        const declared = reflection as DeclarationReflection;
        const has = declared.signatures?.some(({ comment }) => comment?.getTag("@example") !== undefined);
        if (!has) logger.warn(`${declared.getFriendlyFullName()} has no @example`);
      }
    },
    100,
  );
}
