/**
 * Where the project lives: `repository`, `homepage` and `bugs` of package.json follow from one constant. It is filled in for a
 * release; until then the package names no address. `npm pack` and `npm publish` run this before they pack.
 */
import { readFileSync, writeFileSync } from "node:fs";

/** Such as "https://example.org/owner/lanegrad", without a slash at the end. */
const ADDRESS: string = "";

const file = new URL("../../package.json", import.meta.url);
if (ADDRESS !== "") {
  const manifest = JSON.parse(readFileSync(file, "utf8")) as object;
  const addresses = {
    homepage: `${ADDRESS}#readme`,
    bugs: { url: `${ADDRESS}/issues` },
    repository: { type: "git", url: `git+${ADDRESS}.git` },
  };
  writeFileSync(file, `${JSON.stringify({ ...manifest, ...addresses }, undefined, 2)}\n`);
}
