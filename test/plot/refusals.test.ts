/** What figures refuse, and how they say it. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { LanegradError, MissingPackageError, OptionError, ShapeError } from "../../src/errors.ts";
import * as plot from "../../src/plot/index.ts";
import { moduleOf } from "../support/bundle.ts";
import { ROOT } from "../support/script.ts";
import { assertRejects } from "../support/throws.ts";

const test = suite("refusals");
const NaNs = [Number.NaN, Number.NaN];

test("what is empty, or has nothing that can be drawn", async () => {
  const empty: Readonly<Record<string, () => Promise<string>>> = {
    "no losses": () => plot.lossCurve([]),
    "losses without a number": () => plot.lossCurve(NaNs),
    "losses without a logarithm": () => plot.lossCurve([0, -1], { yScale: "log" }),
    "no series": () => plot.lines([]),
    "an empty series": () => plot.lines([{ label: "a", y: [] }]),
    "series without a number": () =>
      plot.lines([
        { label: "a", y: NaNs },
        { label: "b", y: NaNs },
      ]),
    "no accuracies": () => plot.accuracyCurves({ train: [], test: [] }),
    "no arrows": () => plot.quiver({ x: [], y: [], u: [], v: [] }),
    "arrows without a number": () => plot.quiver({ x: NaNs, y: NaNs, u: NaNs, v: NaNs }),
    "no paths": () => plot.trajectory(() => 0, []),
    "an empty path": () => plot.trajectory(() => 0, [{ label: "a", points: [] }]),
    "a function that is nowhere finite": () => plot.trajectory(() => Number.NaN, [{ label: "a", points: [[0, 0]] }]),
    "no counts": () => plot.confusionMatrix([]),
    "no columns": () => plot.matrix([[]]),
    "no pictures": () => plot.digits([]),
    "no pixels": () => plot.digits([{ pixels: [] }]),
    "no weights": () => plot.weightImages({ data: [], shape: [0, 0] }),
    "no values": () => plot.histogram([]),
    "values without a number": () => plot.histogram(NaNs),
    "no quantiles": () => plot.band({ x: [], lower: [], median: [], upper: [] }),
    "a tangent where the function is none": () =>
      plot.tangents((x) => (x === 1 ? Number.NaN : x), [{ x: 1, slope: 1 }], { xDomain: [0, 2] }),
    "no bars": () => plot.bars([]),
  };
  for (const [label, make] of Object.entries(empty)) await assertRejects(make, ShapeError, label);
});

test("lengths and shapes that do not fit", async () => {
  const unfit: Readonly<Record<string, () => Promise<string>>> = {
    "x of another length": () => plot.lines([{ label: "a", x: [0], y: [0, 1] }]),
    "steps of another length": () => plot.lossCurve([1, 2], { steps: [0] }),
    "test of another length": () => plot.accuracyCurves({ train: [0, 1], test: [0] }),
    "components of another length": () => plot.quiver({ x: [0, 1], y: [0, 1], u: [0, 1], v: [0] }),
    "a point of three coordinates": () => plot.trajectory(() => 0, [{ label: "a", points: [[0, 0, 0]] }]),
    "quantiles of another length": () => plot.band({ x: [1], lower: [0], median: [0, 0], upper: [0] }),
    "counts that are not square": () => plot.confusionMatrix([[1, 2]]),
    "classes of another number": () => plot.confusionMatrix([[1]], { classes: ["a", "b"] }),
    "rows of different lengths": () => plot.matrix([[1, 2], [3]]),
    "data that are not of the shape": () => plot.matrix({ data: [1, 2, 3], shape: [2, 2] }),
    "a tensor of rank 1": () => plot.matrix({ data: [1, 2, 3], shape: [3] }),
    "names of another number": () => plot.matrix([[1, 2]], { columns: ["a"] }),
    "columns that are no square": () => plot.weightImages({ data: new Float32Array(30), shape: [15, 2] }),
    "columns of another shape": () =>
      plot.weightImages({ data: new Float32Array(32), shape: [16, 2] }, { shape: [4, 5] }),
    "captions of another number": () =>
      plot.weightImages({ data: new Float32Array(32), shape: [16, 2] }, { captions: ["a"] }),
    "pictures of different sizes": () => plot.digits([{ pixels: new Uint8Array(4) }, { pixels: new Uint8Array(9) }]),
    "pixels that are no square": () => plot.digits([{ pixels: new Uint8Array(12) }]),
    "pixels that are no colours": () => plot.digits([{ pixels: new Uint8Array(13) }], { shape: [2, 2, 3] }),
    "pixels of another shape in colour": () => plot.digits([{ pixels: new Uint8Array(12) }], { shape: [2, 3, 3] }),
  };
  for (const [label, make] of Object.entries(unfit)) {
    const error = await assertRejects(make, ShapeError, label);
    assert.match(error.message, /expected .*, found /, label);
  }
  await plot.digits([{ pixels: new Uint8Array(12) }], { shape: [3, 4] });
});

test("options and numbers that are none", async () => {
  const y = [1, 2, 3];
  const wrong: Readonly<Record<string, () => Promise<string>>> = {
    "a number that is a string": () => plot.lossCurve(["1"] as unknown as number[]),
    "numbers that are a string": () => plot.lossCurve("123" as unknown as number[]),
    "nothing at all": () => plot.lossCurve(undefined as unknown as number[]),
    "big integers": () => plot.histogram(BigInt64Array.of(1n) as unknown as number[]),
    "a smoothing of 0": () => plot.lossCurve(y, { smoothing: 0 }),
    "a smoothing of 1.5": () => plot.lossCurve(y, { smoothing: 1.5 }),
    "a domain that is reversed": () => plot.lines([{ label: "", y }], { yDomain: [1, 0] }),
    "a domain without length": () => plot.lines([{ label: "", y }], { xDomain: [1, 1] }),
    "a domain of NaN": () => plot.lines([{ label: "", y }], { xDomain: [0, Number.NaN] }),
    "a logarithmic domain from 0": () => plot.lines([{ label: "", y }], { yDomain: [0, 1], yScale: "log" }),
    "an accuracy in per cent": () => plot.accuracyCurves({ train: [97], test: [96] }),
    "a tangent at infinity": () =>
      plot.tangents((x) => x, [{ x: Number.POSITIVE_INFINITY, slope: 1 }], { xDomain: [0, 1] }),
    "a slope that is NaN": () => plot.tangents((x) => x, [{ x: 0, slope: Number.NaN }], { xDomain: [0, 1] }),
    "a count that is negative": () => plot.confusionMatrix([[-1]]),
    "a count that is a share": () => plot.confusionMatrix([[0.5]]),
    "no bins": () => plot.histogram(y, { bins: 0 }),
    "pictures 0 in a row": () => plot.digits([{ pixels: y.slice(0, 1) }], { perRow: 0 }),
    "a shape of 0": () => plot.digits([{ pixels: y.slice(0, 1) }], { shape: [0, 1] }),
    "a range that is reversed": () => plot.digits([{ pixels: y.slice(0, 1) }], { range: [255, 0] }),
    "decimals below 0": () => plot.matrix([[1]], { decimals: -1 }),
    "a bar that is negative": () => plot.bars([{ label: "a", value: -1 }]),
    "a level that is infinite": () =>
      plot.trajectory(([x = 0]) => x, [{ label: "a", points: [[0, 0]] }], { levels: [Number.POSITIVE_INFINITY] }),
  };
  for (const [label, make] of Object.entries(wrong)) await assertRejects(make, OptionError, label);
});

test("pixels: no figure, no width, no colour", async () => {
  const svg = await plot.matrix([[1]]);
  for (const [label, make] of Object.entries({
    "no figure": () => plot.toPng("<svg/>"),
    "a width of 0": () => plot.toPng(svg, { width: 0 }),
    "a width of 1.5": () => plot.toPng(svg, { width: 1.5 }),
    "a colour that would end its attribute": () => plot.toPng(svg, { color: 'red"/>' }),
  })) {
    await assertRejects(make, OptionError, label);
  }
});

test("a package that is not installed is named, with the command that installs it", async () => {
  for (const [missing, call, install] of [
    ["@resvg/resvg-js", "matrix([[1]]).then((svg) => plot.toPng(svg))", "npm install @resvg/resvg-js dejavu-fonts-ttf"],
    [
      "dejavu-fonts-ttf",
      "matrix([[1]]).then((svg) => plot.toPng(svg))",
      "npm install @resvg/resvg-js dejavu-fonts-ttf",
    ],
  ] as const) {
    const found = await withoutPackages([missing], `await plot.${call}`);
    const message = `toPng: needs the package ${missing}, which could not be loaded (Cannot find package ${missing}`;
    const { message: said, ...error } = found as { readonly message: string };
    assert.equal(error, { name: "MissingPackageError", package: missing, install }, missing);
    assert.ok(said.startsWith(message), said);
  }
});

test("figures need no package, and the module loads without any", async () => {
  const missing = ["linkedom", "@resvg/resvg-js", "dejavu-fonts-ttf"];
  for (const call of [
    "matrix([[1]])",
    "digits([{ pixels: [1] }])",
    'bars([{ label: "a", value: 1 }])',
    "weightImages([[1]])",
    "confusionMatrix([[1]])",
    "lossCurve([2, 1])",
    "histogram([2, 1])",
    'trajectory(([a]) => a, [{ label: "", points: [[0, 0], [1, 1]] }])',
  ]) {
    assert.is(await withoutPackages(missing, `await plot.${call}`), undefined, call);
  }
});

test("the error is the library's, and carries what went wrong", () => {
  const cause = new Error("no such package\nand much more");
  const error = new MissingPackageError("toPng", "x", "npm install x", { cause });
  assert.instance(error, LanegradError);
  assert.is(error.cause, cause);
  assert.is(
    error.message,
    "toPng: needs the package x, which could not be loaded (no such package); run npm install x",
  );
});

/** What a script throws where packages cannot be found; undefined if nothing. */
async function withoutPackages(missing: readonly string[], script: string): Promise<unknown> {
  const { flags, address } = await moduleOf(join(ROOT, "src/plot/index.ts"));
  const hooks = `
    const missing = ${JSON.stringify(missing)};
    export async function resolve(name, context, next) {
      if (missing.some((one) => name === one || name.startsWith(one + "/"))) {
        throw Object.assign(new Error("Cannot find package " + name), { code: "ERR_MODULE_NOT_FOUND" });
      }
      return next(name, context);
    }`;
  const program = `
    import { register } from "node:module";
    register("data:text/javascript,${encodeURIComponent(hooks)}");
    const plot = await import(${JSON.stringify(address)});
    try {
      ${script};
      console.log("null");
    } catch ({ name, message, package: missing, install }) {
      console.log(JSON.stringify({ name, message, package: missing, install }));
    }`;
  const { stdout, stderr } = spawnSync(process.execPath, [...flags, "--input-type=module", "--eval", program], {
    cwd: ROOT,
    encoding: "utf8",
  });
  assert.is.not(stdout, "", stderr);
  return JSON.parse(stdout) ?? undefined;
}

test.run();
