/** Writes docs/quality/licences.md: `npx tsx scripts/package/licences.ts`. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { licencesPage, ROOT } from "./dependencies.ts";

writeFileSync(join(ROOT, "docs/quality/licences.md"), licencesPage());
