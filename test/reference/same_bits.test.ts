/**
 * The builds `debug` and `js` give the bits of the build `simd`: each kernel of the table with drawn operands.
 *
 * LANEGRAD_REFERENCE_CALLS says how many calls of each kernel there are, 60 when it is not set.
 */
import { suite } from "uvu";
import { start } from "../../src/reference/index.ts";
import { ABI, BINARY, type Heap, MAP_SCRATCH, PREFIX, UNARY } from "../../src/wasm/abi.ts";
import { loadInstance } from "../../src/wasm/load.ts";
import { type Signature, signatures } from "../../src/wasm/signature.ts";
import { type Drawn, drawCall, HARD, KERNELS, type Operand, operandOf, scratchOf } from "../kernels/drawn.ts";
import {
  assertSame,
  assertSameApart,
  call,
  place,
  ROOM_BYTES,
  type Side,
  sideOf,
  withOtherOutputs,
} from "../kernels/field.ts";
import { hardPlaces } from "../kernels/places.ts";
import { hardInputs } from "../kernels/unary_places.ts";
import { draws, FLOATS } from "../support/floats.ts";

const CALLS = Number(process.env["LANEGRAD_REFERENCE_CALLS"] ?? 60);

const test = suite("the bits of every build");

const simd = sideOf("simd", await loadInstance("simd", undefined));
const others = [sideOf("debug", await loadInstance("debug", undefined)), sideOf("js", start(ABI))];

/** Makes a call on all builds, and compares. */
function compare(drawn: Drawn, sides: readonly Side[] = others): void {
  const placed = place(drawn);
  const want = call(simd, placed);
  assertSameApart(simd, placed, want);
  const other = withOtherOutputs(placed);
  for (const side of sides) assertSame(placed, call(side, other), want, side.build);
}

function signatureOf(name: string): Signature {
  const signature = signatures().get(name);
  if (signature === undefined) throw new Error(name);
  return signature;
}

test("convolutions by tiles of two by two outputs", () => {
  for (const name of ["sconvolution", "dconvolution"]) {
    for (let seed = 0; seed < 24; seed++) {
      const draw = draws(seed);
      const pick = (...sizes: readonly number[]) => sizes[Math.floor(draw() * sizes.length)];
      const sizes: Record<string, number | undefined> = {
        ...{ kh: 3, kw: 3, sh: 1, sw: 1, dh: 1, dw: 1, groups: 1, n: pick(0, 1, 1, 2), c: pick(32, 32, 40) },
        ...{ oc: pick(32, 40, 48), oh: pick(4, 5, 6), ow: pick(4, 5, 7), h: pick(3, 4, 5, 9), w: pick(3, 5, 6, 9) },
        ...{ top: pick(0, 1, 2), left: pick(0, 1, 2) },
      };
      if (seed === 0) Object.assign(sizes, { n: 1, c: 264, oc: 32, oh: 4, ow: 4 });
      const how = seed % 3 === 0 ? "wild" : "tame";
      compare(drawCall(signatureOf(name), seed, { how, sizeOf: (size) => sizes[size] }));
    }
  }
});

test("what is only moved keeps all of its bits, a NaN's too", () => {
  for (const dtype of FLOATS) {
    const n = dtype === "float32" ? 8 : 4;
    // Quiet and signalling, of either sign; as halves of float64 also.
    const words = [1, 0x7f812345, 2, 0x7fc54321, 3, -0x7edcbb, 4, 0x7ff00001];
    const x = { ...operandOf("int32", words), alignment: 8 };
    const y = { ...operandOf("int32", new Int32Array(8), "out"), alignment: 8 };
    const mask = operandOf(
      dtype,
      Float64Array.from({ length: n }, (_, i) => (i === 1 ? 0 : 1)),
    );
    const calls: Record<string, Drawn["args"]> = {
      copy: [n, x, y],
      transpose: [1, 1, 2, n / 2, x, 0, 0, n / 2, y, 0, 0, 2],
      reluGradient: [n, mask, x, y],
      binary: [BINARY.keep, 1, 1, 1, n, mask, 0, 0, 0, 1, x, 0, 0, 0, 1, y],
    };
    for (const [name, args] of Object.entries(calls)) compare({ signature: signatureOf(PREFIX[dtype] + name), args });
  }
});

test("two operands: each operation of everything hard with everything hard, itself too", () => {
  for (const dtype of FLOATS) {
    const n = HARD[dtype].length;
    const [a, b] = [operandOf(dtype, HARD[dtype]), operandOf(dtype, HARD[dtype])];
    const y = operandOf(dtype, new Float64Array(n * n), "out");
    for (const f of Object.values(BINARY)) {
      const args = [f, 1, 1, n, n, a, 0, 0, 1, 0, b, 0, 0, 0, 1, y];
      compare({ signature: signatureOf(`${PREFIX[dtype]}binary`), args });
    }
  }
});

test("elementary functions where their methods bend", () => {
  for (const dtype of FLOATS) {
    for (const name of ["exp", "log", "tanh", "sigmoid", "softplus"] as const) {
      const places = hardPlaces(name);
      const [x, y] = [operandOf(dtype, places), operandOf(dtype, new Float64Array(places.length), "out")];
      compare({ signature: signatureOf(PREFIX[dtype] + name), args: [places.length, x, y, scratchOf(MAP_SCRATCH)] });
    }
  }
});

test("functions of one element where their methods bend", () => {
  for (const dtype of FLOATS) {
    for (const [name, f] of Object.entries(UNARY)) {
      const places = hardInputs(name as keyof typeof UNARY);
      const [x, y] = [operandOf(dtype, places), operandOf(dtype, new Float64Array(places.length), "out")];
      compare({ signature: signatureOf(`${PREFIX[dtype]}unary`), args: [f, places.length, x, y] });
    }
  }
});

test("powers, remainders and angles of everything drawn, near 1 and of integers too", () => {
  for (const dtype of FLOATS) {
    const draw = draws(4);
    const n = 4000;
    const wild = () => (draw() - 0.5) * 2 ** Math.round(120 * (draw() - 0.5));
    const base = (i: number) => (i % 2 === 0 ? 1 + (draw() - 0.5) / 2 ** Math.round(50 * draw()) : wild());
    const exponent = (i: number) => (i % 3 === 0 ? Math.round(80 * draw()) - 40 : wild());
    const [bases, exponents] = [
      Array.from({ length: n }, (_, i) => base(i)),
      Array.from({ length: n }, (_, i) => exponent(i)),
    ];
    const [a, b] = [operandOf(dtype, bases), operandOf(dtype, exponents)];
    for (const f of [BINARY.pow, BINARY.mod, BINARY.floorDiv, BINARY.atan2]) {
      const args = [f, 1, 1, 1, n, a, 0, 0, 0, 1, b, 0, 0, 0, 1, operandOf(dtype, new Float64Array(n), "out")];
      compare({ signature: signatureOf(`${PREFIX[dtype]}binary`), args });
    }
  }
});

test("dropout: the first word of seed, step and stream 0 is 0, and the threshold 0 keeps it", () => {
  for (const dtype of FLOATS) {
    for (const n of [1, 3, 4, 9]) {
      const [x, y] = [new Float64Array(n).fill(2), new Float64Array(n)];
      const operands: Operand[] = [operandOf(dtype, x), operandOf(dtype, y, "out"), operandOf("int32", [0, 0])];
      compare({ signature: signatureOf(`${PREFIX[dtype]}dropout`), args: [n, ...operands, 0, 3, 0] });
    }
  }
});

for (const signature of KERNELS) {
  test(signature.name, () => {
    for (let seed = 0; seed < CALLS; seed++) {
      compare(drawCall(signature, seed, { how: seed % 3 === 0 ? "tame" : "wild", isLonger: true }));
    }
  });
}

const above = aboveTwoGiB();
for (const signature of KERNELS) {
  test(`${signature.name}, above 2 GiB`, () => {
    for (let seed = 0; seed < CALLS / 10; seed++) compare(drawCall(signature, seed, { isLonger: true }), [above]);
  });
}

test.run();

/** The reference kernels over a memory whose low half is taken. */
function aboveTwoGiB(): Side {
  const started = start(ABI);
  const { alloc, free } = started.exports as unknown as Heap;
  free(alloc(2 ** 31 + ROOM_BYTES + 64)); // memory grows once, while it is small: there is next to nothing to copy
  alloc(2 ** 31);
  return sideOf("js above 2 GiB", started);
}
