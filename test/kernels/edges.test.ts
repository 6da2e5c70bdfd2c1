/**
 * Operands at the very end of memory: a read or a write beyond them, by a single byte, traps.
 *
 * The heap's own tail lies there too, and canaries, so each engine here ends with its test, and is not asked about them.
 */
import { suite } from "uvu";
import { MAP_SCRATCH } from "../../src/wasm/abi.ts";
import { bytesPerElement, type DType, type FloatType } from "../../src/wasm/dtype.ts";
import { Engine } from "../../src/wasm/engine.ts";
import { BUILD } from "../support/engine.ts";
import { FLOATS, lanesOf } from "../support/floats.ts";

/** An operand by its dtype and its number of elements, which are zeros but for those given. */
type Place = readonly [dtype: DType, size: number, elements?: readonly number[]];
/** The call gets the pointers in the order of the operands. */
type Case = {
  readonly name: string;
  readonly operands: readonly Place[];
  readonly call: (...pointers: number[]) => unknown;
};

const LONGEST = 19;
/** Vectors across the operands of sparse products: each of their strips alone, and where one follows another. */
const SPARSE_VECTORS = [0, 1, 2, 3, 4, 7, 8, 11, 12, 13, 14, 16, 24, 25, 26, 29];
/** Where the operands lie that are not at the end; large enough for any of them, and for gemm's scratch. */
const ROOM_BYTES = 1 << 16;

const test = suite("edges of memory");

for (const dtype of FLOATS) {
  test(`no kernel reads or writes beyond an operand that ends where memory ends, ${dtype}`, async () => {
    const engine = await Engine.load({ build: BUILD });
    const rooms = Array.from({ length: 8 }, () => engine.memory.allocate(ROOM_BYTES).pointer);
    const { memoryBytes } = engine.stats();
    engine.memory.view("uint8", rooms[0] ?? 0, memoryBytes - (rooms[0] ?? 0)).fill(0);
    const lengths = Array.from({ length: LONGEST }, (_, i) => i + 1);
    const widths = SPARSE_VECTORS.flatMap((vectors) => sizesFrom(vectors * lanesOf(dtype), lanesOf(dtype)));
    const cases = [
      ...maps(engine, dtype, 0), // an operand without elements may begin where memory ends
      ...lengths.flatMap((n) => [
        ...maps(engine, dtype, n),
        ...matrices(engine, dtype, n),
        ...rowsOf(engine, dtype, n),
      ]),
      ...widths.flatMap((n) => sparseProducts(engine, dtype, n)),
    ];
    for (const { operands, call } of cases) {
      for (let last = 0; last < operands.length; last++) {
        const pointers = operands.map(([type, size], at) => {
          return at === last ? memoryBytes - size * bytesPerElement(type) : (rooms[at] ?? 0);
        });
        for (const [at, [type, size, elements = []]] of operands.entries()) {
          const operand = engine.memory.view(type, pointers[at] ?? 0, size);
          operand.fill(0); // indices must stay in range
          operand.set(elements);
        }
        call(...pointers); // a kernel that oversteps traps, and the error names it
      }
    }
  });
}

test.run();

/** Kernels over n elements. */
function maps(engine: Engine, dtype: FloatType, n: number): Case[] {
  const k = engine.kernels[dtype];
  const { advance, gatherIndices, firstOutOfRange } = engine.common;
  const x = [dtype, n] as const;
  const i = ["int32", n] as const;
  return [
    ...(["exp", "log", "sqrt", "sigmoid", "tanh", "relu", "softplus"] as const).map((name): Case => {
      const operands = [x, x, ["uint8", MAP_SCRATCH]] as const;
      return { name, operands, call: (from = 0, to = 0, scratch = 0) => k[name](n, from, to, scratch) };
    }),
    ...(["sigmoidGradient", "tanhGradient", "reluGradient"] as const).map((name): Case => {
      return { name, operands: [x, x, x], call: (y = 0, dy = 0, dx = 0) => k[name](n, y, dy, dx) };
    }),
    { name: "squaredError", operands: [x, x], call: (y = 0, t = 0) => k.squaredError(n, y, t) },
    {
      name: "squaredErrorGradient",
      operands: [x, x, x],
      call: (y = 0, t = 0, dy = 0) => k.squaredErrorGradient(n, y, t, dy, 1),
    },
    { name: "axpy", operands: [x, x], call: (from = 0, to = 0) => k.axpby(n, from, to, 1, 1) },
    { name: "store", operands: [[dtype, 1]], call: (to = 0) => k.store(to, 0) },
    {
      name: "dropout",
      operands: [x, x, ["int32", 2]],
      call: (from = 0, to = 0, counter = 0) => k.dropout(n, from, to, counter, 0, 1, 0),
    },
    { name: "advance", operands: [["int32", 2]], call: (counter = 0) => advance(counter) },
    {
      name: "momentum",
      operands: [x, x, x, ["float64", 8]],
      call: (g = 0, w = 0, v = 0, rates = 0) => k.momentum(n, g, w, v, rates),
    },
    {
      name: "adaptive",
      operands: [x, x, x, x, ["float64", 8]],
      call: (g = 0, w = 0, m = 0, v = 0, rates = 0) => k.adaptive(n, g, w, m, v, rates),
    },
    ...[0, 3, 6].map((f): Case => {
      return { name: `unary ${f}`, operands: [x, x], call: (from = 0, to = 0) => k.unary(f, n, from, to) };
    }),
    ...[0, 4, 9, 17, 19].map((f): Case => {
      const call = (a = 0, b = 0, y = 0) => k.binary(f, 1, 1, 1, n, a, 0, 0, 0, 1, b, 0, 0, 0, 1, y);
      return { name: `binary ${f}`, operands: [x, x, x], call };
    }),
    {
      name: "binary of one and many",
      operands: [[dtype, 1], x, x],
      call: (a = 0, b = 0, y = 0) => k.binary(2, 1, 1, 1, n, a, 0, 0, 0, 0, b, 0, 0, 0, 1, y),
    },
    { name: "fill", operands: [x], call: (to = 0) => k.fill(n, to, 0) },
    { name: "copy", operands: [x, x], call: (from = 0, to = 0) => k.copy(n, from, to) },
    { name: "gatherIndices", operands: [i, i, i], call: (from = 0, at = 0, to = 0) => gatherIndices(n, from, at, to) },
    { name: "firstOutOfRange", operands: [i], call: (at = 0) => firstOutOfRange(n, at, 1) },
  ];
}

/** Kernels over m × n elements, with fewer rows than a tile of gemm has, and with more. */
function matrices(engine: Engine, dtype: FloatType, n: number): Case[] {
  const k = engine.kernels[dtype];
  return [1, 3, 5].flatMap((m): Case[] => {
    const x = [dtype, m * n] as const;
    const row = [dtype, n] as const;
    const column = [dtype, m] as const;
    const labels = ["int32", m] as const;
    const side = [dtype, n * n] as const;
    const scratch = ["uint8", k.gemmScratch(m, n, n)] as const;
    const tail = ["uint8", MAP_SCRATCH] as const;
    const block = ["uint8", k.crossEntropyScratch(n)] as const;
    const aligned = (pointer: number) => pointer - (pointer % 16);
    return [
      { name: "columnSums", operands: [x, row], call: (a = 0, y = 0) => k.columnSums(m, n, a, y, 1, 1, 0) },
      ...[0, 1, 2].flatMap((f): Case[] => [
        { name: `reduce ${f} of rows`, operands: [x, column], call: (a = 0, y = 0) => k.reduce(f, m, n, 1, a, y) },
        { name: `reduce ${f} of columns`, operands: [x, row], call: (a = 0, y = 0) => k.reduce(f, 1, m, n, a, y) },
      ]),
      { name: "transpose", operands: [x, x], call: (a = 0, y = 0) => k.transpose(m, n, a, y) },
      {
        name: "scatterAdd",
        operands: [x, labels, row],
        call: (a = 0, at = 0, y = 0) => k.scatterAdd(m, n, a, at, y),
      },
      {
        name: "gatherCopies",
        operands: [["uint8", n], labels, ["uint8", m * n]],
        call: (from = 0, at = 0, to = 0) => engine.common.gatherCopies(m, n, from, at, to),
      },
      {
        name: "copyRows",
        operands: [
          ["uint8", m * n],
          ["uint8", m * n],
        ],
        call: (from = 0, to = 0) => engine.common.copyRows(m, n, from, n, to, n),
      },
      { name: "softmax", operands: [x, x, tail], call: (z = 0, p = 0, s = 0) => k.softmax(m, n, z, p, s) },
      { name: "argmax", operands: [x, labels], call: (a = 0, y = 0) => k.argmax(m, n, a, y) },
      { name: "countCorrect", operands: [x, labels], call: (a = 0, y = 0) => k.countCorrect(m, n, a, y) },
      {
        name: "labels",
        operands: [x, labels, block],
        call: (z = 0, t = 0, s = 0) => k.crossEntropyLabels(m, n, z, t, aligned(s)),
      },
      {
        name: "targets",
        operands: [x, x, block],
        call: (z = 0, t = 0, s = 0) => k.crossEntropyTargets(m, n, z, t, aligned(s)),
      },
      {
        name: "labelsGradient",
        operands: [x, labels, x, block],
        call: (z = 0, t = 0, dz = 0, s = 0) => k.crossEntropyLabelsGradient(m, n, z, t, dz, 1, aligned(s)),
      },
      {
        name: "targetsGradient",
        operands: [x, x, x, block],
        call: (z = 0, t = 0, dz = 0, s = 0) => k.crossEntropyTargetsGradient(m, n, z, t, dz, 1, aligned(s)),
      },
      {
        name: "gatherRows",
        operands: [["uint8", n], labels, x],
        call: (from = 0, at = 0, to = 0) => k.gatherRows(m, n, from, at, to, 1),
      },
      // A is m × n and B is n × n, as they stand and transposed.
      ...[0, 1, 2, 3].map((layout): Case => {
        const [rsa, csa] = layout % 2 === 0 ? [n, 1] : [1, m];
        const [rsb, csb] = layout < 2 ? [n, 1] : [1, n];
        return {
          name: "gemm",
          operands: [x, side, x, scratch],
          call: (a = 0, b = 0, c = 0, s = 0) =>
            k.gemm(m, n, n, a, rsa, csa, b, rsb, csb, c, n, 0, 0, aligned(s), 1, 1, 0),
        };
      }),
    ];
  });
}

/** Three rows of k bytes, of which the second is all zeros, as their nonzeros. */
function nonzerosOf(k: number): { readonly bytes: number[]; readonly starts: number[]; readonly columns: number[] } {
  const columns = Array.from({ length: k }, (_, j) => j);
  const bytes = Array.from({ length: 3 * k }, (_, at) => (at < k || at >= 2 * k ? 1 : 0));
  return { bytes, starts: [0, k, k, 2 * k], columns: [...columns, ...columns] };
}

/** Kernels that bring k nonzeros of a row together. They move eight at a time, and have room for that. */
function rowsOf(engine: Engine, dtype: FloatType, k: number): Case[] {
  const { compressRows, countNonzeros } = engine.common;
  const { gatherSparseRows } = engine.kernels[dtype];
  const { bytes, starts, columns } = nonzerosOf(k);
  const room = columns.length + 8;
  const positions = ["int32", 4, starts] as const;
  const from: readonly Place[] = [positions, ["uint16", room, columns], ["uint8", room]];
  return [
    { name: "countNonzeros", operands: [["uint8", k, bytes.slice(0, k)]], call: (x = 0) => countNonzeros(k, x) },
    {
      name: "compressRows",
      operands: [["uint8", 3 * k, bytes], positions, ["uint16", room], ["uint8", room]],
      call: (x = 0, s = 0, c = 0, v = 0) => compressRows(3, k, x, s, c, v),
    },
    {
      name: "gatherSparseRows",
      operands: [...from, ["int32", 3, [2, 1, 0]], ["int32", 4], ["uint16", room], [dtype, room]],
      call: (s = 0, c = 0, v = 0, i = 0, toS = 0, toC = 0, toV = 0) =>
        gatherSparseRows(3, s, c, v, i, toS, toC, toV, 1),
    },
  ];
}

/** Both products with sparse rows. They look at one column number behind the last, and at no other. */
function sparseProducts(engine: Engine, dtype: FloatType, n: number): Case[] {
  const { sparseForward, sparseBackward } = engine.kernels[dtype];
  const k = 3;
  const { starts, columns } = nonzerosOf(k);
  const x: readonly Place[] = [
    ["int32", starts.length, starts],
    ["uint16", columns.length + 1, columns],
    [dtype, columns.length],
  ];
  const [w, z] = [[dtype, k * n] as const, [dtype, 3 * n] as const];
  return [
    {
      name: "sparseForward",
      operands: [...x, w, [dtype, n], z],
      call: (s = 0, c = 0, v = 0, from = 0, b = 0, to = 0) => sparseForward(3, n, s, c, v, from, b, to),
    },
    {
      name: "sparseBackward",
      operands: [...x, z, w],
      call: (s = 0, c = 0, v = 0, d = 0, to = 0) => sparseBackward(3, n, s, c, v, d, to, 1, 0),
    },
  ];
}

/** The `count` sizes from `start` on, without 0. */
function sizesFrom(start: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => start + i).filter((size) => size > 0);
}
