/**
 * The bounds of every kernel's operands, which are as large as its row of the table says.
 *
 * First at the very end of memory, where a read or a write beyond an operand, by a single byte, traps. The heap's own tail lies
 * there too, and canaries, so that engine ends with its test, and is not asked about them. Then in a field of other bytes, of
 * which a kernel changes no others than its outputs'.
 */
import { suite } from "uvu";
import { bytesPerElement } from "../../src/wasm/dtype.ts";
import { Engine } from "../../src/wasm/engine.ts";
import { loadInstance } from "../../src/wasm/load.ts";
import type { Signature } from "../../src/wasm/signature.ts";
import { BUILD } from "../support/engine.ts";
import { lanesOf } from "../support/floats.ts";
import { type Drawn, drawCall, KERNELS, type Operand } from "./drawn.ts";
import { call, labelOf, place, sideOf } from "./field.ts";

const LONGEST = 19;
/** Calls of each size of the innermost axis; the other sizes and the layouts are drawn. */
const CALLS = 6;
/** Vectors across the operands of sparse products: each of their strips alone, and where one follows another. */
const SPARSE_VECTORS = [0, 1, 2, 3, 4, 7, 8, 11, 12, 13, 14, 16, 24, 25, 26, 29];
/** Where the operands lie that are not at the end; large enough for any of them, and for the scratch of products and convolutions. */
const ROOM_BYTES = 1 << 18;
const FIELDS = 20;

const test = suite("edges of memory");

const { module } = await Engine.load({ build: BUILD });

for (const signature of KERNELS) {
  test(`${signature.name} reads and writes nothing beyond an operand that ends where memory ends`, async () => {
    const engine = await Engine.load({ build: BUILD, wasm: module });
    const rooms = Array.from({ length: 8 }, () => engine.memory.allocate(ROOM_BYTES).pointer);
    for (const drawn of smallCalls(signature)) {
      const operands = new Set(drawn.args.filter((arg) => typeof arg !== "number"));
      for (const last of operands) {
        const { memoryBytes } = engine.stats();
        const pointers = new Map([...operands].map((operand, i) => [operand, rooms[i] ?? 0]));
        const end = memoryBytes - last.bytes;
        pointers.set(last, end - (end % (last.dtype === "scratch" ? 16 : bytesPerElement(last.dtype))));
        callAt(engine, drawn, pointers, `${last.name} at the end of memory`);
      }
    }
  });
}

const side = sideOf(BUILD, await loadInstance(BUILD, undefined));

for (const signature of KERNELS) {
  test(`${signature.name} changes nothing but its outputs`, () => {
    for (let seed = 0; seed < FIELDS; seed++) {
      const drawn = drawCall(signature, seed, { isLonger: true });
      call(side, place(drawn));
    }
  });
}

test.run();

/** Calls with each small size of the innermost axis, 0 too: an operand without elements may begin where memory ends. */
function smallCalls(signature: Signature): readonly Drawn[] {
  const { parameters, dtype } = signature;
  const isWindowed = parameters.some(({ name }) => name === "oh");
  const isPooling = isWindowed && !parameters.some(({ name }) => name === "oc"); // its windows are drawn
  const last = isWindowed ? (isPooling ? "c" : "oc") : parameters.findLast(({ kind }) => kind === "size")?.name;
  const lengths = Array.from({ length: LONGEST + 1 }, (_, i) => i);
  const isSparse = parameters.some(({ name }) => name === "starts") && dtype !== undefined;
  const widths = SPARSE_VECTORS.flatMap((vectors) => lanesFrom(vectors * lanesOf(dtype ?? "float32"), dtype));
  return [...lengths, ...(isSparse ? widths : [])].flatMap((length) =>
    Array.from({ length: CALLS }, (_, seed) => {
      // Fewer rows than a tile of gemm has, and more; windows multiply more sizes than a product does.
      const sizes = isWindowed ? [1, 3, 2, 2, 0, 3] : [1, 3, 5, 2, 0, 19];
      const sizeOf = (name: string) =>
        name === last ? length : isPooling ? undefined : sizes[(seed + name.charCodeAt(name.length - 1)) % 6];
      return drawCall(signature, seed, { how: "tame", sizeOf });
    }),
  );
}

function lanesFrom(start: number, dtype: Signature["dtype"]): number[] {
  return Array.from({ length: lanesOf(dtype ?? "float32") }, (_, i) => start + i);
}

/** Calls the kernel with its operands at these addresses. */
function callAt(engine: Engine, drawn: Drawn, pointers: ReadonlyMap<Operand, number>, where: string): void {
  const { row, dtype } = drawn.signature;
  for (const [{ content, bytes }, pointer] of pointers) {
    if (bytes > ROOM_BYTES) throw new Error(`no room: ${labelOf(drawn)}`);
    engine.memory.view("uint8", pointer, bytes).set(content.subarray(0, bytes));
  }
  const kernels: object = dtype === undefined ? engine.common : engine.kernels[dtype];
  try {
    (kernels as Record<string, (...args: number[]) => unknown>)[row]!(
      ...drawn.args.map((arg) => (typeof arg === "number" ? arg : (pointers.get(arg) ?? 0))),
    );
  } catch (error) {
    throw new Error(`${labelOf(drawn)}, ${where}`, { cause: error });
  }
}
