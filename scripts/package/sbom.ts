/**
 * Bills of materials, CycloneDX 1.5, by npm from what is installed: `npm run sbom`, which needs no network after `npm ci`.
 *
 *   build/sbom.json               what ships: the package, its dependencies, and AssemblyScript, whose runtime is in the kernels
 *   build/sbom.development.json   everything that development installs
 *
 * What changes from one run to the next, a serial number and the time, is left out: the same tree gives the same bytes.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { manifestOf, ROOT } from "./dependencies.ts";

type Component = { readonly "bom-ref": string; readonly name: string; readonly scope?: string };
type Bill = {
  readonly serialNumber?: string;
  readonly metadata: { readonly timestamp?: string; readonly component: Component };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
};

/** In the package without being one of its dependencies. */
const COMPILED_IN = "assemblyscript";

const development = billOf([]);
mkdirSync(join(ROOT, "build"), { recursive: true });
write("sbom.development.json", development);
write("sbom.json", withCompiledIn(billOf(["--omit", "dev"])));

function billOf(flags: readonly string[]): Bill {
  const args = ["sbom", "--offline", "--sbom-format", "cyclonedx", ...flags];
  const text = execFileSync("npm", args, { cwd: ROOT, encoding: "utf8", maxBuffer: 2 ** 26 });
  const { serialNumber: _, metadata, ...bill } = JSON.parse(text) as Bill;
  const { timestamp: __, component, ...others } = metadata;
  // npm says the folder's name, which is whatever somebody cloned into.
  return { ...bill, metadata: { ...others, component: { ...component, name: manifestOf(".").name } } };
}

function withCompiledIn(bill: Bill): Bill {
  const component = development.components.find(({ name }) => name === COMPILED_IN);
  if (component === undefined) throw new Error(`npm sbom does not list ${COMPILED_IN}: npm ci first`);
  const ref = component["bom-ref"];
  const root = bill.metadata.component["bom-ref"];
  return {
    ...bill,
    components: [...bill.components, { ...component, scope: "required" }],
    dependencies: [
      ...bill.dependencies.map((entry) =>
        entry.ref === root ? { ...entry, dependsOn: [...entry.dependsOn, ref].sort() } : entry,
      ),
      { ref, dependsOn: [] },
    ],
  };
}

function write(name: string, bill: Bill): void {
  writeFileSync(join(ROOT, "build", name), `${JSON.stringify(bill, undefined, 2)}\n`);
  console.log(`build/${name}: ${bill.components.length} components`);
}
