/**
 * What the project depends on, as its lockfiles say: one at the root, and one for each part that installs its own tools.
 *
 *   manifest   package.json: every version exact
 *   lockfile   package-lock.json: every package with its hash and its licence, none with an address
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT: string = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Folders with a lockfile, and what each is for. */
export const FOLDERS: ReadonlyMap<string, string> = new Map([
  [".", "the library, its tests and its benchmarks"],
  ["examples/browser", "the page"],
  ["test/browser", "what drives browsers"],
  ["test/package", "runtimes, bundlers and checkers"],
  ["bench/peers", "engines to compare with"],
]);

export type Manifest = {
  readonly name: string;
  readonly files?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
};

/** A package of a lockfile, by its path in node_modules. */
export type Locked = {
  readonly version: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly peer?: boolean;
  readonly optional?: boolean;
  readonly hasInstallScript?: boolean;
};

/**
 * Licences that a dependency of development may have: none of them asks anything of what it was used to make.
 * Another one is a decision, which this list records.
 */
export const ALLOWED: ReadonlySet<string> = new Set([
  ...[
    "MIT",
    "ISC",
    "0BSD",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "Apache-2.0",
    "MIT OR Apache-2.0",
    "Apache-2.0 AND MIT",
    "(MIT OR CC0-1.0)",
    "BlueOak-1.0.0",
    "Unlicense",
  ],
  "MPL-2.0", // file by file: lightningcss, and resvg's binding, neither changed nor part of the package
]);

/** Licences of what is installed with the package. */
export const ALLOWED_TO_SHIP: ReadonlySet<string> = new Set([
  "MIT",
  "ISC",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "Apache-2.0",
]);

/** Packages with a licence of their own, and why it is one that may be used. */
export const EXCEPTIONS: ReadonlyMap<string, { readonly license: string; readonly reason: string }> = new Map([
  [
    "dejavu-fonts-ttf",
    {
      license: "SEE LICENSE IN README.md AND LICENSE",
      reason: "Bitstream Vera's and Arev's: fonts, free to use and embed",
    },
  ],
  ["caniuse-lite", { license: "CC-BY-4.0", reason: "data that a bundler reads, and nothing of it comes out" }],
]);

export function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(ROOT, folder, "package.json"), "utf8")) as Manifest;
}

/** Every package of a folder's lockfile: path and entry, without the folder itself. */
export function lockedOf(folder: string): readonly (readonly [path: string, Locked])[] {
  const { packages } = JSON.parse(readFileSync(join(ROOT, folder, "package-lock.json"), "utf8")) as {
    readonly packages: Readonly<Record<string, Locked>>;
  };
  return Object.entries(packages).filter(([path]) => path !== "");
}

/** A package's name, from its path in node_modules. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
}

/** What is wrong with a package's licence; undefined when it is allowed. */
export function faultOfLicence(
  path: string,
  { license }: Locked,
  allowed: ReadonlySet<string> = ALLOWED,
): string | undefined {
  const name = nameOf(path);
  if (license !== undefined && (allowed.has(license) || EXCEPTIONS.get(name)?.license === license)) return undefined;
  return `${name}: the licence ${license ?? "that is not stated"} is not among those of scripts/package/dependencies.ts`;
}

/** docs/quality/licences.md: for each lockfile, each licence and the packages that have it. */
export function licencesPage(): string {
  const parts = [...FOLDERS].map(([folder, about]) => {
    const byLicence = new Map<string, Set<string>>();
    for (const [path, { license = "not stated" }] of lockedOf(folder)) {
      byLicence.set(license, (byLicence.get(license) ?? new Set()).add(nameOf(path)));
    }
    const rows = [...byLicence]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([licence, names]) => `| ${licence} | ${[...names].sort().join(", ")} |`);
    return `## ${folder === "." ? "package.json" : `${folder}/package.json`}: ${about}\n\n| licence | packages |\n| --- | --- |\n${rows.join("\n")}\n`;
  });
  const exceptions = [...EXCEPTIONS].map(([name, { reason }]) => `- \`${name}\`: ${reason}`);
  return `# Licences

For those who check licences: what development uses, by licence, from the lockfiles. \`npx tsx scripts/package/licences.ts\` writes
this page. Of all these, only \`@assemblyscript/loader\` and \`papaparse\` are installed with the package, and AssemblyScript's runtime is compiled into the kernels:
[THIRD_PARTY.md](../../THIRD_PARTY.md), which is in the package, states this and contains the text of the licence. \`test/dependencies.test.ts\`
fails on a licence that \`scripts/package/dependencies.ts\` does not allow. \`npm run sbom\` lists versions and hashes.

${parts.join("\n")}
## Exceptions

${exceptions.join("\n")}
`;
}
