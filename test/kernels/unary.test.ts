/**
 * Functions of one element by number, and the functions of two that round more than once: in float64 against BigInt
 * arithmetic (support/precise.ts), in float32 against Math.* in float64, whose own error is below 2^-28 ulp there.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";

import { BINARY, UNARY } from "../../src/wasm/abi.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";
import { Canary } from "../support/canary.ts";
import { assertSame } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { draws, FLOATS, integers } from "../support/floats.ts";
import * as oracle from "../support/oracle.ts";
import * as precise from "../support/precise.ts";
import { float32Ulps } from "../support/ulps.ts";
import { hardInputs, SPECIAL, type UnaryName } from "./unary_places.ts";

type Rounded = "abs" | "sign" | "floor" | "ceil" | "trunc" | "round";
type Name = Exclude<UnaryName, Rounded>;

/**
 * The largest distances from the true value in float64, in units in the last place of that value, on every build; they were
 * sought with hundreds of thousands of inputs. In float32 all are within half a unit, and a millionth.
 */
const ULP: { readonly [N in Name | "atan2" | "pow"]: number } = {
  ...{ sin: 0.8, cos: 0.8, tan: 2.2, asin: 2.6, acos: 2.6, atan: 2.1, atan2: 2.3 },
  ...{ sinh: 2.3, cosh: 1.6, expm1: 2.1, log1p: 1.9, log2: 0.51, log10: 0.51, erf: 1.8, pow: 1.4 },
};
const ULP_OF_FLOAT32 = 0.5 + 1e-6;

const EXACT: { readonly [N in Rounded]: (x: number) => number } = {
  abs: Math.abs,
  sign: (x) => (x === 0 ? 0 : Math.sign(x)),
  floor: Math.floor,
  ceil: Math.ceil,
  trunc: Math.trunc,
  round: (x) => {
    const below = Math.floor(x);
    const rest = x - below;
    if (!(rest > 0)) return x;
    const isUp = rest > 0.5 || (rest === 0.5 && below % 2 !== 0);
    return x < 0 && isUp ? -Math.abs(below + 1) : isUp ? below + 1 : below;
  },
};

const REFERENCE: { readonly [N in Name]: (x: number) => precise.Precise } = {
  ...{
    sin: precise.sin,
    cos: precise.cos,
    tan: precise.tan,
    asin: precise.asin,
    acos: precise.acos,
    atan: precise.atan,
  },
  ...{ sinh: precise.sinh, cosh: precise.cosh, expm1: precise.expm1, log1p: precise.log1p },
  ...{ log2: precise.log2, log10: precise.log10, erf: precise.erf },
};
const MATH: { readonly [N in Name]: (x: number) => number } = {
  ...{ sin: Math.sin, cos: Math.cos, tan: Math.tan, asin: Math.asin, acos: Math.acos, atan: Math.atan },
  ...{ sinh: Math.sinh, cosh: Math.cosh, expm1: Math.expm1, log1p: Math.log1p },
  ...{ log2: Math.log2, log10: Math.log10, erf: oracle.erf },
};
/** Beyond it a function is at its limit. */
const LIMIT: { readonly [N in Name]?: number } = { erf: 6.5, expm1: 720 };
const NAMES = Object.keys(REFERENCE) as Name[];

/** Of float32's patterns every so many-th is tried. A prime, so that the sweep meets every combination of low bits. */
const STRIDE = 10007;
const LARGEST = { float32: (2 - 2 ** -23) * 2 ** 127, float64: Number.MAX_VALUE };
const SMALLEST_NORMAL = { float32: 2 ** -126, float64: 2 ** -1022 };

const engine = await loadEngine();
const field = new Canary(engine);
const test = suite("functions by number");

function floats(dtype: FloatType, values: ArrayLike<number>): Float32Array | Float64Array {
  return dtype === "float32" ? Float32Array.from(values) : Float64Array.from(values);
}

/** As many elements as the field has room for at a time. */
const BLOCK = 1024;

function inBlocks(n: number, f: (start: number, end: number) => number[]): number[] {
  return Array.from({ length: Math.ceil(n / BLOCK) }, (_, i) => f(i * BLOCK, Math.min(n, (i + 1) * BLOCK))).flat();
}

function apply(
  name: UnaryName,
  dtype: FloatType,
  values: ArrayLike<number>,
  place: "apart" | "in place" = "apart",
): number[] {
  const x = Array.from(values);
  return inBlocks(x.length, (start, end) => {
    field.clear();
    const input = field.place(dtype, x.slice(start, end));
    const y = place === "apart" ? field.room(dtype, end - start) : input;
    field.run([y], () => engine.kernels[dtype].unary(UNARY[name], end - start, input.pointer, y.pointer));
    return y.values();
  });
}

function applyTwo(name: "atan2" | "pow", dtype: FloatType, a: readonly number[], b: readonly number[]): number[] {
  const { binary } = engine.kernels[dtype];
  return inBlocks(a.length, (start, end) => {
    field.clear();
    const [left, right] = [field.place(dtype, a.slice(start, end)), field.place(dtype, b.slice(start, end))];
    const y = field.room(dtype, end - start);
    const extents = [1, 1, 1, end - start] as const;
    field.run([y], () =>
      binary(BINARY[name], ...extents, left.pointer, 0, 0, 0, 1, right.pointer, 0, 0, 0, 1, y.pointer),
    );
    return y.values();
  });
}

test("the references have 40 digits", () => {
  const known: readonly [Name, number, string][] = [
    ["sin", 1.0, "0.84147098480789650665250232163029899962256"],
    ["sin", -0.1, "-0.099833416646828157830196867858616667735966"],
    ["sin", 22.0, "-0.0088513092904038759216902568157723324632892"],
    ["sin", 1e22, "-0.85220084976718880177270589375302936826176"],
    ["sin", 9.094947017729282e-13, "0.00000000000090949470177292823791503893711393591228933"],
    ["cos", 1.0, "0.54030230586813971740093660744297660373231"],
    ["cos", 11.0, "0.0044256979880507857483550247239415732257274"],
    ["cos", 5.319372648326541e255, "-0.00000000000000000046871659242546276111225828019638843987779"],
    ["tan", 1.5, "14.1014199471717193876460836519877564456595"],
    ["tan", -3.637978807091713e-12, "-0.0000000000036379788070917129516601722994162032269654"],
    ["tan", 1000.0, "1.4703241557027184459802088049039185691575"],
    ["asin", 0.5, "0.52359877559829887307710723054658381403286"],
    ["asin", -0.999, "-1.5260712396261631681163853020067798382300"],
    ["acos", 0.5, "1.0471975511965977461542144610931676280657"],
    ["acos", -0.999, "3.0968675664210597873477069936465312803286"],
    ["acos", 0.9999999999999999, "0.000000014901161193847656387863435425504615922399"],
    ["atan", 1.0, "0.78539816339744830961566084581987572104929"],
    ["atan", -10.0, "-1.4711276743037345918528755717617308518553"],
    ["atan", 9.094947017729282e-13, "0.00000000000090949470177292823791503881172787182457866"],
    ["sinh", 1.0, "1.1752011936438014568823818505956008151557"],
    ["sinh", -0.01, "-0.010000166667500002192306965406220913109792"],
    ["sinh", 9.094947017729282e-13, "0.00000000000090949470177292823791503918788606408771067"],
    ["cosh", 1.0, "1.5430806348152437784779056207570616826015"],
    ["cosh", 3.0, "10.0676619957777658419539360351158898368098"],
    ["expm1", 1.0, "1.7182818284590452353602874713526624977572"],
    ["expm1", -0.5, "-0.39346934028736657639620046500881954655808"],
    ["expm1", 9.094947017729282e-13, "0.00000000000090949470177334182822131570172349979208521"],
    ["log1p", 1.0, "0.69314718055994530941723212145817656807550"],
    ["log1p", -0.5, "-0.69314718055994530941723212145817656807550"],
    ["log1p", 9.094947017729282e-13, "0.00000000000090949470177251464760876279943469247090424"],
    ["log2", 3.0, "1.5849625007211561814537389439478165087598"],
    ["log2", 0.1, "-3.3219280948873622677846568341164502490408"],
    ["log10", 2.0, "0.30102999566398119521373889472449302676819"],
    ["log10", 1000.0, "3.0000000000000000000000000000000000000000"],
    ["log10", 0.3, "-0.52287874528033757877709653929967016686303"],
    ["erf", 0.5, "0.52049987781304653768274665389196452873645"],
    ["erf", -1.0, "-0.84270079294971486934122063508260925929607"],
    ["erf", 3.0, "0.99997790950300141455862722387041767962015"],
    ["erf", 9.094947017729282e-13, "0.0000000000010262548740643183681606011232334715668679"],
  ];
  for (const [name, x, text] of known) {
    const places = text.length - text.indexOf(".") - 1;
    const difference = precise.decimal(REFERENCE[name](x), places) - BigInt(text.replace(".", ""));
    assert.ok(difference >= -1n && difference <= 1n, `${name}(${x}): off by ${difference} in place ${places}`);
  }
});

for (const name of NAMES) {
  test(`${name} stays within its ulps of float64, where its method bends`, () => {
    const x = hardInputs(name).filter(
      (value) => Number.isFinite(value) && Number.isFinite(MATH[name](value)) && value !== 0,
    );
    const y = apply(name, "float64", x);
    let worst = 0;
    for (const [i, value] of x.entries()) {
      if (Math.abs(value) > (LIMIT[name] ?? Infinity)) {
        assert.is(y[i], MATH[name](value), `${name}(${value}), where only the limit is left`);
        continue;
      }
      if (MATH[name](value) === 0) continue; // the logarithms of 1 and the arc of cosine 1 are special values
      const ulps = precise.ulpsBetween(y[i] ?? Number.NaN, REFERENCE[name](value), "float64");
      if (!(ulps <= ULP[name])) assert.unreachable(`${ulps} ulp at ${value}`);
      worst = Math.max(worst, ulps);
    }
    assert.ok(worst > 0.6 * ULP[name], `only ${worst} ulp: state a tighter bound`);
  });

  test(`${name} of float32 is the nearest number, over its bits and where its method bends`, () => {
    const bits = Uint32Array.from({ length: Math.floor(2 ** 32 / STRIDE) }, (_, i) => i * STRIDE);
    for (const x of [new Float32Array(bits.buffer), Float32Array.from(hardInputs(name))]) {
      const y = apply(name, "float32", x);
      for (const [i, value] of x.entries()) {
        const ulps = float32Ulps(y[i] ?? Number.NaN, MATH[name](value));
        if (!(ulps <= ULP_OF_FLOAT32)) assert.unreachable(`${ulps} ulp at ${value}: ${y[i]}`);
      }
    }
  });
}

test("atan2 and pow stay within their ulps of float64", () => {
  const draw = draws(23);
  const reals = (count: number, f: () => number) => Array.from({ length: count }, f);
  const sign = () => (draw() < 0.5 ? -1 : 1);
  const [y, x] = [0, 1].map(() => reals(3000, () => sign() * 2 ** (20 * draw() - 10)));
  const angles = applyTwo("atan2", "float64", y!, x!);
  for (const [i, angle] of angles.entries()) {
    const ulps = precise.ulpsBetween(angle, precise.atan2(y![i]!, x![i]!), "float64");
    assert.ok(ulps <= ULP.atan2, `atan2(${y![i]}, ${x![i]}): ${ulps} ulp`);
  }
  const bases = [
    ...reals(2000, () => 2 ** (60 * draw() - 30)),
    ...reals(2000, () => 1 + sign() * 2 ** (-50 * draw() - 1)),
  ];
  const exponents = bases.map((base) => (1400 * draw() - 700) / Math.log(base));
  const powers = applyTwo("pow", "float64", bases, exponents);
  for (const [i, power] of powers.entries()) {
    const ulps = precise.ulpsBetween(power, precise.pow(bases[i]!, exponents[i]!), "float64");
    assert.ok(ulps <= ULP.pow, `${bases[i]}^${exponents[i]}: ${ulps} ulp`);
  }
});

for (const dtype of FLOATS) {
  const [inf, nan] = [Infinity, Number.NaN];
  const [largest, normal] = [LARGEST[dtype], SMALLEST_NORMAL[dtype]];
  const subnormal = dtype === "float32" ? 2 ** -149 : 2 ** -1074;
  const round = (x: number) => floats(dtype, [x])[0]!;

  for (const [name, f] of Object.entries(EXACT) as [Rounded, (x: number) => number][]) {
    test(`${name} is exact, to the sign of 0, ${dtype}`, () => {
      const x = floats(dtype, hardInputs(name));
      assertSame(apply(name, dtype, x), Array.from(x, f), name);
    });
  }

  test(`special values are NumPy's, to the sign of 0, ${dtype}`, () => {
    const pi = Math.PI;
    const tiny = [0, -0, subnormal, -subnormal, normal, -normal].map((x) => [x, x] as const); // where f(x) = x
    const values: { readonly [N in Name]: readonly (readonly [number, number])[] } = {
      sin: [...tiny, [inf, nan], [-inf, nan]],
      cos: [
        [0, 1],
        [-0, 1],
        [subnormal, 1],
        [inf, nan],
        [-inf, nan],
      ],
      tan: [...tiny, [inf, nan], [-inf, nan]],
      asin: [...tiny, [1, pi / 2], [-1, -pi / 2], [1.5, nan], [-1.5, nan], [inf, nan], [-inf, nan]],
      acos: [
        [1, 0],
        [-1, pi],
        [0, pi / 2],
        [-0, pi / 2],
        [1.5, nan],
        [-1.5, nan],
        [inf, nan],
        [-inf, nan],
      ],
      atan: [...tiny, [1, pi / 4], [-1, -pi / 4], [inf, pi / 2], [-inf, -pi / 2], [largest, pi / 2]],
      sinh: [...tiny, [inf, inf], [-inf, -inf], [largest, inf], [-largest, -inf]],
      cosh: [
        [0, 1],
        [-0, 1],
        [subnormal, 1],
        [inf, inf],
        [-inf, inf],
        [-largest, inf],
      ],
      expm1: [...tiny, [inf, inf], [-inf, -1], [largest, inf], [-largest, -1], [-50, -1]],
      log1p: [...tiny, [-1, -inf], [inf, inf], [-1.5, nan], [-inf, nan], [largest, Math.log(largest)]],
      log2: [
        [1, 0],
        [0, -inf],
        [-0, -inf],
        [inf, inf],
        [-1, nan],
        [-inf, nan],
        [-subnormal, nan],
        [0.125, -3],
      ],
      log10: [
        [1, 0],
        [0, -inf],
        [-0, -inf],
        [inf, inf],
        [-1, nan],
        [-inf, nan],
        [1000, 3],
      ],
      erf: [
        [0, 0],
        [-0, -0],
        [inf, 1],
        [-inf, -1],
        [largest, 1],
        [-largest, -1],
        [7, 1],
      ],
    };
    for (const name of NAMES) {
      for (const [x, want] of [...values[name], [nan, nan] as const]) {
        assertSame(apply(name, dtype, [x]), [round(want)], `${name}(${x})`);
      }
    }
  });

  test(`logarithms of powers of the base are integers, ${dtype}`, () => {
    const [low, high] = dtype === "float32" ? [-149, 127] : [-1074, 1023];
    const exponents = Array.from({ length: high - low + 1 }, (_, i) => low + i);
    assertSame(
      apply(
        "log2",
        dtype,
        exponents.map((n) => 2 ** n),
      ),
      exponents,
      "log2",
    );
    const tens = Array.from({ length: 11 }, (_, i) => i);
    assertSame(
      apply(
        "log10",
        dtype,
        tens.map((n) => 10 ** n),
      ),
      tens,
      "log10",
    );
  });

  test(`odd functions are odd to the bit, cosine and cosh even, ${dtype}`, () => {
    for (const name of ["sin", "tan", "asin", "atan", "sinh", "erf", "cos", "cosh"] as const) {
      const x = hardInputs(name);
      const y = apply(name, dtype, x);
      const isEven = name === "cos" || name === "cosh";
      const mirrored = apply(
        name,
        dtype,
        x.map((value) => -value),
      );
      assertSame(isEven ? mirrored : mirrored.map((value) => -value), y, name);
    }
  });

  test(`the last finite results of sinh and cosh are beyond those of exp, ${dtype}`, () => {
    const top = dtype === "float32" ? 89.4 : 710.47;
    const y = [...apply("sinh", dtype, [top, -top]), ...apply("cosh", dtype, [top, -top])];
    assert.ok(
      y.every((value) => Math.abs(value) > 0.9 * largest && Number.isFinite(value)),
      `${y}`,
    );
  });

  test(`any number of elements, in place too, and a value never depends on its position, ${dtype}`, () => {
    for (const name of Object.keys(UNARY) as UnaryName[]) {
      for (let n = 0; n <= 11; n++) {
        const x = [...SPECIAL.slice(3, 5), ...integers(n, n + 1).map((value) => value / 8)].slice(0, n);
        const want = x.map((value) => apply(name, dtype, [value])[0]!);
        assertSame(apply(name, dtype, x), want, `${name}, n = ${n}`);
        assertSame(apply(name, dtype, x, "in place"), want, `${name}, n = ${n}, in place`);
      }
      for (let i = 0; i < 5; i++) {
        const y = apply(name, dtype, new Float64Array(5).fill(0.5).with(i, nan));
        assertSame(y.map(Number.isNaN).map(Number), new Float64Array(5).with(i, 1), `${name}, NaN in ${i}`);
      }
      for (let i = 0; i < 5; i++) {
        // Lanes of sine that are reduced by other means than their neighbours.
        const y = apply(name, dtype, new Float64Array(5).fill(0.5).with(i, 2 ** 100));
        assertSame(
          y,
          new Float64Array(5).fill(apply(name, dtype, [0.5])[0]!).with(i, apply(name, dtype, [2 ** 100])[0]!),
          name,
        );
      }
    }
  });

  test(`atan2 has the quadrant and the sign that C gives it, ${dtype}`, () => {
    const values = [0, -0, 1, -1, inf, -inf, nan, subnormal, -largest];
    const pairs = values.flatMap((y) => values.map((x) => [y, x] as const));
    const got = applyTwo(
      "atan2",
      dtype,
      pairs.map(([y]) => y),
      pairs.map(([, x]) => x),
    );
    for (const [i, [y, x]] of pairs.entries()) {
      const want = round(Math.atan2(y, x));
      const isClose = want === 0 || Number.isNaN(want) ? Object.is(got[i], want) : Math.abs(got[i]! / want - 1) < 4e-16;
      assert.ok(isClose, `atan2(${y}, ${x}) is ${got[i]}, expected ${want}`);
    }
  });

  test(`pow has the special values of C, ${dtype}`, () => {
    const values = [0, -0, 1, -1, 2, -2, 0.5, -0.5, 3, -3, 1.5, -1.5, inf, -inf, nan, 2 ** 60, subnormal];
    const pairs = values.flatMap((x) => values.map((p) => [x, p] as const));
    const got = applyTwo(
      "pow",
      dtype,
      pairs.map(([x]) => x),
      pairs.map(([, p]) => p),
    );
    for (const [i, [x, p]] of pairs.entries()) {
      // JavaScript's differ from C's: 1^NaN, and (±1)^±∞.
      const want = x === 1 || (x === -1 && Math.abs(p) === inf) ? 1 : round(x ** p);
      const isExact = !Number.isFinite(want) || want === 0 || Number.isInteger(want);
      assert.ok(
        isExact ? Object.is(got[i], want) : Math.abs(got[i]! / want - 1) < 3e-16,
        `${x}^${p}: ${got[i]}, not ${want}`,
      );
    }
  });

  test(`small integers to small integers are exact, ${dtype}`, () => {
    const pairs = Array.from({ length: 12 * 6 }, (_, i) => [1 + (i % 12), Math.floor(i / 12)] as const);
    const got = applyTwo(
      "pow",
      dtype,
      pairs.map(([x]) => x),
      pairs.map(([, p]) => p),
    );
    assertSame(
      got,
      pairs.map(([x, p]) => x ** p),
      "pow",
    );
  });
}

test.run();
