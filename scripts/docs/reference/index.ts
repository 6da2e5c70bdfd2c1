/** Runs TypeDoc over every entry of the package. Any warning is a failure: the last line is `N problems`, or what was written. */
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Application, type TypeDocOptions } from "typedoc";
import { ENTRIES } from "../../build/entries.ts";
import { CATEGORY_ORDER, categorize } from "./categories.ts";
import { checkComments } from "./check.ts";
import { documentConventions } from "./conventions.ts";
import { arrangePages } from "./pages.ts";
import { tellErrors } from "./throws.ts";

const ROOT = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const OUT = "build/api";

/** Of the code in pages. */
const LANGUAGES = ["typescript", "javascript", "json", "html", "css", "shellscript", "console", "python"];

/** Types of what is the library's own business, though a signature names them. */
const NOT_EXPORTED: readonly string[] = [
  ...[
    "BestWeights",
    "CommonKernels",
    "CustomLoss",
    "Feed",
    "FeedParts",
    "Node",
    "Plan",
    "StreamFeed",
    "FloatKernels",
    "Recorders",
    "Structure",
    "Memory",
    "Pointer",
    "SamplerState",
    "Source",
  ],
  ...["RowWeights", "Team", "UpdatePlan", "Watch", "WatchState"],
  ...["ACTIVATION", "DTypeOf", "DatasetFiles", "Expressions", "Named"], // which their users spell out
];

const options: TypeDocOptions = {
  name: "lanegrad",
  basePath: ROOT,
  entryPoints: Object.values(ENTRIES).map((file) => join(ROOT, file)),
  tsconfig: join(ROOT, "tsconfig.build.json"),
  out: join(ROOT, OUT),
  readme: join(ROOT, "README.md"),
  projectDocuments: [
    "docs",
    "docs/quality",
    "examples",
    "examples/browser",
    "examples/chapter-04",
    "examples/chapter-07",
  ].flatMap((folder) =>
    readdirSync(join(ROOT, folder))
      .filter((file) => file.endsWith(".md"))
      .map((file) => join(ROOT, folder, file)),
  ),
  customCss: join(ROOT, "scripts/docs/reference/pages.css"),
  includeVersion: true,
  disableGit: true, // sources are named, and no address is made up for them
  sourceLinkTemplate: "{path}",
  githubPages: false,
  hideGenerator: true,
  excludeExternals: true,
  excludePrivate: true,
  excludeInternal: true,
  skipErrorChecking: true, // tsc's own work
  preservedTypeAnnotationTags: ["@throws"],
  categorizeByGroup: false,
  categoryOrder: [...CATEGORY_ORDER],
  sort: ["kind", "source-order"],
  kindSortOrder: ["Document", "Module", "Class", "Interface", "Function", "Variable", "TypeAlias"],
  sortEntryPoints: false,
  highlightLanguages: [...LANGUAGES],
  ignoredHighlightLanguages: ["output"],
  navigation: { includeCategories: true, includeGroups: false, includeFolders: false },
  visibilityFilters: {},
  searchInComments: true,
  searchInDocuments: true,
  intentionallyNotExported: [...NOT_EXPORTED],
  validation: { invalidLink: true, invalidPath: true, notDocumented: false, notExported: true },
};

const app = await Application.bootstrap(options);
arrangePages(app, ENTRIES);
documentConventions(app);
tellErrors(app);
checkComments(app);
categorize(app);

const project = await app.convert();
if (project === undefined) process.exit(1);
app.validate(project);
if (process.argv[2] === "build" && problems() === 0) await app.generateOutputs(project);
if (problems() > 0) {
  console.error(`${problems()} problems`);
  process.exitCode = 1;
} else {
  console.log(process.argv[2] === "build" ? `${OUT}/index.html` : "every export is documented");
}

function problems(): number {
  const { errorCount, warningCount, validationWarningCount } = app.logger;
  return errorCount + warningCount + validationWarningCount;
}
