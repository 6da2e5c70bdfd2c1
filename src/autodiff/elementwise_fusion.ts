/**
 * Chains of elementwise operations become one instruction, which takes one pass over memory, tile by tile:
 *
 *   y = max(x + b, 0)²      add  maximum  mul      of elements 0 to 4,095, which stay in the cache from one to the next
 *                           add  maximum  mul      of elements 4,096 to 8,191
 *                           …
 *
 * What only the chain reads has the memory of a tile, in scratch. Each element is computed by the same kernel from the same
 * operands as without tiles, so that its bits are the same.
 */
import { scratchBytesOf, stepsOf } from "../ops/operation.ts";
import { countOf, type Shape } from "../tensor/layout.ts";
import type { Operation, PerOperand, Step, TensorSpec, UnboundCall } from "../tensor/operation.ts";
import type { KernelCall } from "../wasm/abi.ts";
import { bytesPerElement } from "../wasm/dtype.ts";
import type { Engine, Fusion } from "../wasm/engine.ts";
import { besideOf, type Computed, type Node, operandsOf } from "./graph.ts";

/** Elements of a tile, at most: three operands of float32 in a cache of 48 KB. Results of fewer than two are not cut. */
export const TILE = 4096;
/** Rows may be longer: they are not cut where an operand is repeated for each. */
const LONGEST_ROW = 16_384; // 4 · TILE

/** A value of a chain: an operation, and the numbers of its operands. The values of others come first, then those of the chain. */
type Link = UnboundCall & { readonly operation: Operation; readonly numbers: readonly number[]; readonly axes: number };

export type ElementwiseFusion = { readonly fuse: (engine: Engine, nodes: readonly Node[]) => Node[] };

/**
 * For `Engine.load`: programs compute chains of elementwise operations (`add`, `exp`, `where`, `gelu` …) in one pass over
 * memory, a few thousand elements at a time, and need no memory for what is only between them. Results have the same bits. It
 * concerns values of at least 8,192 elements.
 *
 * @example
 * using engine = await Engine.load({ fusion: elementwiseFusion });
 * const x = input(engine, [100_000], { name: "x" });
 * using program = compile({ y: square(maximum(add(x, 1), 0)) });
 * program.instructions.length; // → 1
 */
export const elementwiseFusion: Fusion = { fuse };

/** Chains as one node each, in the place of the last one; `nodes` are in the order in which they are computed. */
function fuse(engine: Engine, nodes: readonly Node[]): Node[] {
  const beside = new Set(nodes.map(besideOf));
  const absorbed = new Set<Node | undefined>(beside);
  for (let last = nodes.length - 1; last > 0; last--) {
    const result = nodes[last] as Node;
    if (absorbed.has(result) || axesOfRow(result) < 0) continue;
    const elements = countOf(result.spec.shape);
    const members: Node[] = [];
    const uses = new Map<Node, number>();
    let row = 1;
    for (let at = last; at >= 0; at--) {
      const node = nodes[at] as Node;
      if (node !== result && (uses.get(node) !== node.uses || absorbed.has(node))) continue;
      const axes = axesOfRow(node);
      if (axes < 0 || countOf(node.spec.shape) !== elements) continue;
      row = Math.max(row, rowOf(node.spec.shape, axes)); // a multiple of the others: their shapes have the same last axes
      members.unshift(node);
      for (const operand of operandsOf(node)) uses.set(operand, (uses.get(operand) ?? 0) + 1);
    }
    if (members.length === 1) continue;
    for (const member of members) if (member !== result) absorbed.add(member);
    const operands = [...new Set(members.flatMap(operandsOf))].filter((operand) => !members.includes(operand));
    result.origin = { kind: "computed", operation: chainOf(engine, members, operands, row), operands, attributes: {} };
  }
  return nodes.filter((node) => beside.has(node) || !absorbed.has(node));
}

/** The operation of a chain whose last member is its result. */
function chainOf(engine: Engine, members: readonly Node[], operands: readonly Node[], row: number): Operation {
  const { spec } = members.at(-1) as Node;
  const elements = countOf(spec.shape);
  const tile = Math.max(row, TILE - (TILE % row));
  const links = members.map((node): Link => {
    const { operation, operands: own, attributes } = node.origin as Computed;
    const numbers = own.map((operand) => [...operands, ...members].indexOf(operand));
    const specs = own.map((operand) => operand.spec) as unknown as PerOperand<TensorSpec>;
    return { operation, attributes, numbers, specs, result: node.spec, axes: axesOfRow(node) };
  });
  const { slots, count } = slotsOf(links, operands.length);
  const slotBytes = 16 * Math.ceil((tile * Math.max(...links.map(({ result }) => bytesPerElement(result.dtype)))) / 16);
  const names = links.map(({ operation: { name } }) => name);
  return {
    name: names.length > 6 ? `${names.slice(0, 5).join(", ")} and ${names.length - 5} more` : names.join(", "),
    spec: () => spec,
    bind({ at, out, scratch }) {
      const stepsOfTile = (from: number, size: number): readonly Step[] =>
        links.flatMap(({ operation, attributes, numbers, specs, result, axes }, i) => {
          const cut = (of: TensorSpec, number: number) => {
            const slot = slots[number - operands.length];
            const part = partOf(of, result.shape, axes, [from, size]);
            const pointer = slot === undefined ? (at[number] ?? out).pointer + part.offset : scratch + slot * slotBytes;
            return { spec: part.spec, at: { pointer, columns: 0, values: 0 } };
          };
          const parts = specs.map((of, which) => cut(of, numbers[which] as number));
          const own = cut(result, operands.length + i);
          return stepsOf(engine, operation, {
            attributes,
            specs: parts.map((part) => part.spec) as unknown as PerOperand<TensorSpec>,
            result: own.spec,
            at: parts.map((part) => part.at),
            out: own.at,
            scratch: scratch + count * slotBytes,
          });
        });
      const rest = elements % tile;
      const [first, second] = [stepsOfTile(0, tile), stepsOfTile(tile, tile)] as [KernelCall[], KernelCall[]];
      const whole = repeated(engine, first, second, (elements - rest) / tile);
      return rest === 0 ? [whole] : [whole, ...stepsOfTile(elements - rest, rest)];
    },
    // The last member writes a tile when the others have read it.
    inPlace: [...operands.keys()].filter((number) => mayReplace(links.at(-1) as Link, number, operands[number]?.spec)),
    scratchBytes: () =>
      count * slotBytes + Math.max(...links.map((link) => scratchBytesOf(engine, link.operation, link))),
    flops: () => links.reduce((sum, link) => sum + (link.operation.flops?.(link) ?? elements), 0),
  };
}

/** Tiles that the values of a chain take in scratch, but for the last one: as few as there can be. */
function slotsOf(links: readonly Link[], outer: number): { readonly slots: readonly number[]; readonly count: number } {
  const slots: number[] = [];
  const free: number[] = [];
  let count = 0;
  for (const [i, link] of links.slice(0, -1).entries()) {
    const ending = [...new Set(link.numbers)].filter(
      (number) => number >= outer && !links.slice(i + 1).some(({ numbers }) => numbers.includes(number)),
    );
    const replaced = ending.find((number) => mayReplace(link, number, links[number - outer]?.result));
    slots.push(replaced === undefined ? (free.pop() ?? count++) : (slots[replaced - outer] as number));
    for (const number of ending) if (number !== replaced) free.push(slots[number - outer] as number);
  }
  return { slots, count };
}

/** Whether a link may write its result over a value, of which it is the last to read. */
function mayReplace({ operation, numbers, result }: Link, number: number, spec: TensorSpec | undefined): boolean {
  const { inPlace = [] } = operation;
  return (
    spec !== undefined &&
    countOf(spec.shape) === countOf(result.shape) &&
    numbers.every((other, which) => other !== number || inPlace.includes(which))
  );
}

/** Calls one after the other, `times` times: from one time to the next an argument grows by as much as it is larger in `next`. */
function repeated(
  engine: Engine,
  calls: readonly KernelCall[],
  next: readonly KernelCall[],
  times: number,
): () => void {
  const all = calls.map((call, i) => {
    const kernel = engine.kernelOf(call);
    const moved = call.args.flatMap((from, at) => {
      const by = (next[i]?.args[at] as number) - from;
      return by === 0 ? [] : [{ at, from, by }];
    });
    return { kernel, args: [...call.args], moved };
  });
  return () => {
    for (let time = 0; time < times; time++) {
      for (let i = 0; i < all.length; i++) {
        const { kernel, args, moved } = all[i]!;
        for (let j = 0; j < moved.length; j++) {
          const { at, from, by } = moved[j]!;
          args[at] = from + time * by;
        }
        kernel(...args);
      }
    }
  };
}

/**
 * How many axes at the end of a result make up the shortest row that is not cut: 0 where each operand has all elements or
 * one; -1 where it cannot be cut, or is not worth it. Of each operand such a row takes as many elements, or the same.
 */
function axesOfRow({ spec: { shape }, origin }: Node): number {
  if (origin.kind !== "computed" || !origin.operation.isElementwise || countOf(shape) < 2 * TILE) return -1;
  return shape.findIndex((_, axes) => {
    const row = rowOf(shape, axes);
    const isCut = ({ spec }: Node): boolean => {
      const rows = countOf(spec.shape) / rowOf(spec.shape, axes);
      return rows === 1 || rows * row === countOf(shape);
    };
    return row <= LONGEST_ROW && origin.operands.every(isCut);
  });
}

/** What an instruction with results of this shape takes of a value: what it looks like, and how many bytes are before it. */
function partOf(
  { dtype, shape }: TensorSpec,
  whole: Shape,
  axes: number,
  [from, size]: readonly [from: number, size: number],
): { readonly spec: TensorSpec; readonly offset: number } {
  const row = lastOf(shape, axes);
  const rows = countOf(shape) / countOf(row);
  if (rows === 1) return { spec: { dtype, shape: row }, offset: 0 };
  const rowsOf = (elements: number) => (elements * rows) / countOf(whole);
  return {
    spec: { dtype, shape: [rowsOf(size), ...row] },
    offset: rowsOf(from) * countOf(row) * bytesPerElement(dtype),
  };
}

function rowOf(shape: Shape, axes: number): number {
  return countOf(lastOf(shape, axes));
}

function lastOf(shape: Shape, axes: number): Shape {
  return shape.slice(Math.max(0, shape.length - axes));
}
