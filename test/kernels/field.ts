/**
 * A call's operands in a field of random bytes, the same for the kernels of every build:
 *
 *   random bytes │ x: operand │ random bytes │ y: operand │ random bytes
 *
 * A kernel that reads beyond an operand, or leaves out a part of an output, gives other results than another build, and a write
 * beyond an output changes the field. Operands start at every multiple of their elements, because a view of a tensor may too.
 */
import * as assert from "uvu/assert";
import type { Exports, Heap, LinearMemory } from "../../src/wasm/abi.ts";
import { bytesPerElement, viewOf } from "../../src/wasm/dtype.ts";
import { draws } from "../support/floats.ts";
import { type Drawn, type Operand, READ, WRITTEN } from "./drawn.ts";

/** Bytes that a call's operands may take together. */
export const ROOM_BYTES: number = 1 << 23;
const MARGIN_BYTES = 48;

/** Some kernels, and where they find the field. */
export type Side = Started & { readonly build: string; readonly room: number };

/** Kernels over a memory. */
type Started = { readonly memory: LinearMemory; readonly exports: Exports };

/** A call whose operands have their places: offsets from the beginning of the field. */
export type Placed = {
  readonly drawn: Drawn;
  readonly offsets: ReadonlyMap<Operand, number>;
  readonly field: Uint8Array<ArrayBuffer>;
};

/** What a call has returned, and the field after it. */
export type Outcome = { readonly returned: number | undefined; readonly field: Uint8Array<ArrayBuffer> };

type Kernel = (...args: number[]) => number | undefined;

export function sideOf(build: string, { memory, exports }: Started): Side {
  return { build, memory, exports, room: (exports as unknown as Heap).alloc(ROOM_BYTES) };
}

/** Places the operands one after the other. */
export function place(drawn: Drawn): Placed {
  const draw = draws(drawn.args.length);
  const offsets = new Map<Operand, number>();
  let end = 0;
  for (const operand of drawn.args) {
    if (typeof operand === "number" || offsets.has(operand)) continue;
    const { dtype } = operand;
    const { alignment = dtype === "scratch" ? 16 : bytesPerElement(dtype) } = operand;
    const shift = (offsets.size * alignment) % 16;
    const offset = Math.ceil((end + MARGIN_BYTES) / 16) * 16 + shift;
    offsets.set(operand, offset);
    end = offset + operand.content.length;
  }
  const field = new Uint8Array(end + MARGIN_BYTES);
  if (field.length > ROOM_BYTES) throw new Error(`no room for ${field.length} bytes`);
  for (let i = 0; i < field.length; i++) field[i] = 256 * draw();
  for (const [{ dtype, content }, offset] of offsets) if (dtype !== "scratch") field.set(content, offset);
  return { drawn, offsets, field };
}

/** The same call, where outputs hold other bytes before it. */
export function withOtherOutputs(placed: Placed): Placed {
  const field = placed.field.slice();
  for (const [{ access, uses }, offset] of placed.offsets) {
    if (access === "out") for (const [i, use] of uses.entries()) if (use === WRITTEN) field[offset + i]! ^= 0x55;
  }
  return { ...placed, field };
}

/** The numbers that the kernel is called with. */
export function argumentsOf({ room }: Side, { drawn, offsets }: Placed): number[] {
  return drawn.args.map((arg) => (typeof arg === "number" ? arg : room + (offsets.get(arg) ?? 0)));
}

/** Calls the kernel once for each list of arguments. Fails where a byte has changed that is not an output's or scratch's. */
export function run(side: Side, placed: Placed, calls: readonly (readonly number[])[]): Outcome & { sum: number } {
  const { name } = placed.drawn.signature;
  const room = () => new Uint8Array(side.memory.buffer, side.room, placed.field.length);
  room().set(placed.field);
  let [returned, sum]: [number | undefined, number] = [undefined, 0];
  for (const args of calls) {
    returned = (side.exports[name] as Kernel)(...args);
    sum += returned ?? 0;
  }
  const field = room().slice();
  const label = `${side.build}: ${labelOf(placed.drawn)}`;
  let end = 0;
  for (const [{ name, bytes, uses }, offset] of [...placed.offsets, END]) {
    const stop = Math.min(offset, field.length);
    if (Buffer.compare(field.subarray(end, stop), placed.field.subarray(end, stop)) !== 0) {
      const at = field.findIndex((byte, i) => i >= end && byte !== placed.field[i]);
      assert.unreachable(`${label}: changed a byte ${stop - at} before ${name}`);
    }
    end = offset + bytes;
    for (let i = 0; i < bytes; i++) {
      if (uses[i] === READ && field[offset + i] !== placed.field[offset + i]) {
        assert.unreachable(`${label}: changed byte ${i} of ${name}, which is only read`);
      }
    }
  }
  return { returned, sum, field };
}

const END: readonly [Operand, number] = [
  { name: "the end", dtype: "scratch", content: new Uint8Array(), bytes: 0, access: "in", uses: new Uint8Array() },
  Number.POSITIVE_INFINITY,
];

/** Calls the kernel of a side. */
export function call(side: Side, placed: Placed): Outcome {
  return run(side, placed, [argumentsOf(side, placed)]);
}

/** Fails where two outcomes of a call differ: in outputs, or in what is returned. The bits of a NaN may differ. */
export function assertSame(placed: Placed, got: Outcome, want: Outcome, who: string): void {
  const label = `${who}: ${labelOf(placed.drawn)}`;
  if (placed.drawn.signature.result !== "unused") {
    assert.ok(Object.is(got.returned, want.returned), `${label} returned ${got.returned}, expected ${want.returned}`);
  }
  for (const [operand, offset] of placed.offsets) {
    assertSameElements(operand, elementsOf(operand, got, offset), elementsOf(operand, want, offset), label);
  }
}

/** Fails where outputs depend on whether an operand is another. */
export function assertSameApart(side: Side, placed: Placed, want: Outcome): void {
  const { signature, args, apart } = placed.drawn;
  if (apart === undefined) return;
  const other = place({ signature, args: apart });
  const got = call(side, other);
  for (const [at, operand] of apart.entries()) {
    const whole = args[at];
    if (typeof operand === "number" || typeof whole !== "object") continue;
    const found = elementsOf(operand, got, other.offsets.get(operand) ?? 0);
    const expected = elementsOf(whole, want, placed.offsets.get(whole) ?? 0);
    assertSameElements(operand, expected, found, `${labelOf(placed.drawn)}, ${operand.name} is another operand`);
  }
}

function elementsOf({ dtype, bytes }: Operand, { field }: Outcome, offset: number): ArrayLike<number> {
  const type = dtype === "scratch" ? "uint8" : dtype;
  return viewOf(type, field.slice(offset, offset + bytes).buffer, 0, bytes / bytesPerElement(type));
}

function assertSameElements(
  { name, dtype, uses, access }: Operand,
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  label: string,
): void {
  if (dtype === "scratch" || access === "in") return;
  const bytes = bytesPerElement(dtype);
  for (let i = 0; i < got.length; i++) {
    if (uses[i * bytes] !== WRITTEN || Object.is(got[i], want[i])) continue;
    assert.unreachable(`${label}: element ${i} of ${name} is ${got[i]}, expected ${want[i]}`);
  }
}

export function labelOf({ signature, args }: Drawn): string {
  const shown = args.map((arg) => (typeof arg === "number" ? arg : `${arg.name}[${arg.bytes}]`));
  return `${signature.name}(${shown.join(", ")})`;
}
