/** What the project is made of, held where it is written down: pinned versions, hashes, licences, notices, bills of materials. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  ALLOWED_TO_SHIP,
  FOLDERS,
  faultOfLicence,
  licencesPage,
  lockedOf,
  type Manifest,
  manifestOf,
  nameOf,
  ROOT,
} from "../scripts/package/dependencies.ts";
import { BUILD } from "./support/engine.ts";
import { runScript } from "./support/script.ts";

/** One version, of the package itself or under another name. */
const EXACT = /^(npm:(@[\w-]+\/)?[\w.-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/;
/** Packages that have an install script. None of them needs it: `.npmrc` lets no script run. */
const WITH_SCRIPTS = new Set([
  ...["esbuild", "protobufjs"],
  ...["@parcel/watcher", "@swc/core", "lmdb", "msgpackr", "msgpackr-extract"], // of Parcel, which finds what was compiled for it
]);
const SETTINGS = ["ignore-scripts=true", "save-exact=true", "omit-lockfile-registry-resolved=true"];

const test = suite("dependencies");
const folders = [...FOLDERS.keys()];
const kinds = ["dependencies", "devDependencies", "optionalDependencies"] as const;

test("every folder with a lockfile is known here", () => {
  const found = ["", "examples", "test", "bench"]
    .flatMap((above) => [above, ...readdirSync(join(ROOT, above)).map((name) => join(above, name))])
    .filter((folder) => existsSync(join(ROOT, folder, "package-lock.json")));
  assert.equal([...new Set(found)].map((folder) => folder || ".").sort(), [...folders].sort());
});

for (const folder of folders) {
  const manifest: Manifest = manifestOf(folder);
  const locked = lockedOf(folder);

  test(`${folder}: every version is exact, and the one that is locked`, () => {
    const wanted = kinds.flatMap((kind) => Object.entries(manifest[kind] ?? {}));
    assert.ok(wanted.length > 0);
    for (const [name, version] of wanted) {
      assert.match(version, EXACT, `${name} in ${folder}/package.json`);
      const found = locked.find(([path]) => path === `node_modules/${name}`)?.[1].version;
      assert.is(found, version.slice(version.lastIndexOf("@") + 1), `${name} in ${folder}/package-lock.json`);
    }
  });

  test(`${folder}: every package has a hash, none an address, and none that is new an install script`, () => {
    for (const [path, { integrity, resolved, hasInstallScript }] of locked) {
      assert.match(integrity ?? "none", /^sha512-[A-Za-z0-9+/]{86}==$/, path);
      assert.is(resolved, undefined, path);
      if (hasInstallScript) assert.ok(WITH_SCRIPTS.has(nameOf(path)), `${path} wants to run a script`);
    }
    assert.not.match(readFileSync(join(ROOT, folder, "package-lock.json"), "utf8"), /"resolved"|"https?:\/\/registry/);
  });

  test(`${folder}: npm runs no script of a package, and writes exact versions`, () => {
    const lines = readFileSync(join(ROOT, folder, ".npmrc"), "utf8").split("\n");
    for (const setting of SETTINGS) assert.ok(lines.includes(setting), setting);
    assert.equal(
      lines.filter((line) => /registry\s*=|auth|token/i.test(line)),
      [],
    );
  });

  test(`${folder}: every licence is one that was decided on`, () => {
    const faults = locked.map(([path, entry]) => faultOfLicence(path, entry)).filter((fault) => fault !== undefined);
    assert.equal(faults, []);
  });
}

test("a licence that nobody decided on is named, and so is none at all", () => {
  const entry = { version: "1.0.0" };
  assert.match(
    faultOfLicence("node_modules/x", { ...entry, license: "GPL-3.0-only" }) ?? "",
    /^x: the licence GPL-3.0-only/,
  );
  assert.match(
    faultOfLicence("node_modules/a/node_modules/@b/c", entry) ?? "",
    /^@b\/c: the licence that is not stated/,
  );
  assert.ok(
    faultOfLicence("node_modules/y", { ...entry, license: "CC-BY-4.0" }),
    "an exception is for its package alone",
  );
});

test("what is installed with the package: the loader and the parser of tables, under licences that may ship", () => {
  const shipped = lockedOf(".").filter(([, { dev }]) => dev !== true);
  assert.equal(
    shipped.map(([path]) => nameOf(path)),
    ["@assemblyscript/loader", "papaparse"],
  );
  for (const [path, entry] of shipped) assert.is(faultOfLicence(path, entry, ALLOWED_TO_SHIP), undefined);
});

test("THIRD_PARTY.md is in the package, names what ships with its version, and has the text of the licence", () => {
  const { files = [], dependencies = {}, devDependencies = {} } = manifestOf(".");
  assert.ok(files.includes("THIRD_PARTY.md"));
  const page = readFileSync(join(ROOT, "THIRD_PARTY.md"), "utf8");
  for (const [name, version] of Object.entries(dependencies)) assert.ok(page.includes(`\`${name}\` ${version} `), name);
  assert.ok(page.includes(`AssemblyScript's runtime ${devDependencies["assemblyscript"]}`));
  // The terms, word for word; npm puts LICENSE into every package by itself.
  const text = readFileSync(join(ROOT, "node_modules/assemblyscript/LICENSE"), "utf8");
  const terms = text.slice(0, text.indexOf("END OF TERMS AND CONDITIONS"));
  const words = (prose: string) => prose.split(/\s+/).join(" ").trim();
  assert.ok(words(terms).length > 8000 && words(page).includes(words(terms)));
  assert.match(readFileSync(join(ROOT, "LICENSE"), "utf8"), /^MIT License/);
});

test("SECURITY.md names no file and no script that is not there", () => {
  const page = readFileSync(join(ROOT, "SECURITY.md"), "utf8");
  const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { readonly scripts: object };
  const files = [...page.matchAll(/`((?:test|scripts|assembly|examples|docs)\/[^`]+)`/g)].map(([, file = ""]) => file);
  assert.ok(files.length > 15);
  assert.equal(
    files.filter((file) => !existsSync(join(ROOT, file))),
    [],
  );
  for (const [, name = ""] of page.matchAll(/npm run ([\w:]+)/g)) assert.ok(Object.hasOwn(scripts, name), name);
});

test("docs/quality/licences.md is what the lockfiles say: npx tsx scripts/package/licences.ts writes it", () => {
  assert.is(readFileSync(join(ROOT, "docs/quality/licences.md"), "utf8"), licencesPage());
});

test("the bills of materials name what ships, every package that is locked and installed, and nothing of the machine", async () => {
  if (BUILD !== "simd") return; // seconds, and the same on every build
  const { code, stderr } = await runScript("scripts/package/sbom.ts", []);
  assert.is(code, 0, stderr);
  const read = (name: string) => {
    const text = readFileSync(join(ROOT, "build", name), "utf8");
    const { metadata, components } = JSON.parse(text) as {
      readonly metadata: { readonly component: { readonly name: string } };
      readonly components: readonly {
        readonly name: string;
        readonly version: string;
        readonly hashes: readonly object[];
      }[];
    };
    assert.is(metadata.component.name, "lanegrad");
    for (const { name, hashes } of components) assert.is(hashes.length, 1, name);
    assert.not.ok(text.includes(ROOT), "a path of this machine");
    assert.not.match(text, /timestamp|serialNumber/);
    return components.map(({ name, version }) => `${name} ${version}`).sort();
  };
  const { dependencies = {}, devDependencies = {} } = manifestOf(".");
  const [compiler] = Object.entries(devDependencies).filter(([name]) => name === "assemblyscript");
  assert.equal(read("sbom.json"), [...Object.entries(dependencies), compiler!].map((entry) => entry.join(" ")).sort());
  const names = lockedOf(".").map(([path, { version }]) => `${nameOf(path)} ${version}`);
  const found = read("sbom.development.json");
  assert.equal(
    found.filter((name) => !names.includes(name)),
    [],
  );
  const needed = lockedOf(".").filter(([, { optional }]) => optional !== true);
  assert.equal(
    needed.map(([path, { version }]) => `${nameOf(path)} ${version}`).filter((name) => !found.includes(name)),
    [],
  );
});

test.run();
