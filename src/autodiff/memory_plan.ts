/**
 * Where the values of a program are stored: offsets in one block, planned from lifetimes.
 *
 *   instruction   0  1  2  3  4            a value lives from the instruction that writes it to the last one that
 *   z1               ██████                reads it; two values may share bytes when they do not live at the same time
 *   a2                  ███████
 *   dz1                       ████        here: in z1's place
 *
 * The largest buffers are placed first, each at the lowest offset that is free for as long as it lives.
 */
import { bytesOf } from "../ops/operation.ts";
import { sparseLayout } from "../tensor/sparse.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { besideOf, isView, type Node, operandsOf, readsAny } from "./graph.ts";

/** A piece of the block, which several values may have one after the other. */
export type Buffer = { bytes: number; offset: number; first: number; last: number };

/** How a value came to its place. */
export type Placement =
  | { readonly kind: "block"; readonly buffer: Buffer; readonly isInPlace: boolean }
  | { readonly kind: "tensor" }
  | { readonly kind: "view"; readonly of: Node };

export type Plan = { readonly placements: ReadonlyMap<Node, Placement>; readonly bytes: number };

const ALIGNMENT_BYTES = 16;
/** What is written before the first instruction, or is read after the last. */
const BEFORE = -1;
const AFTER = Number.POSITIVE_INFINITY;

/**
 * @param nodes in the order in which they are computed
 * @param outputs those that are read after a run
 * @param changed tensors that effects change, which no view may share
 */
export function planMemory(nodes: readonly Node[], outputs: ReadonlySet<Node>, changed: readonly Tensor[]): Plan {
  const lastUses = lastUsesOf(nodes, outputs);
  const placements = new Map<Node, Placement>();
  const buffers: Buffer[] = [];
  for (const [now, node] of nodes.entries()) {
    if (placements.has(node)) continue; // written together with another
    const last = lastUses.get(node) ?? now;
    const placement = placementOf(node, now, { last, placements, changed });
    placements.set(node, placement);
    if (placement.kind === "block" && !placement.isInPlace) buffers.push(placement.buffer);
    const beside = besideOf(node);
    if (beside === undefined) continue;
    const buffer = { bytes: bytesOfNode(beside), offset: 0, first: now, last: lastUses.get(beside) ?? now };
    placements.set(
      beside,
      beside.into === undefined ? { kind: "block", buffer, isInPlace: false } : { kind: "tensor" },
    );
    if (beside.into === undefined) buffers.push(buffer);
  }
  return { placements, bytes: layOut(buffers) };
}

function placementOf(
  node: Node,
  now: number,
  known: {
    readonly last: number;
    readonly placements: ReadonlyMap<Node, Placement>;
    readonly changed: readonly Tensor[];
  },
): Placement {
  const { origin } = node;
  const { last, placements, changed } = known;
  if (origin.kind === "tensor" || origin.kind === "argument" || node.into !== undefined) return { kind: "tensor" };
  const block = (first: number, end: number, bytes = bytesOfNode(node)): Placement => {
    return { kind: "block", buffer: { bytes, offset: 0, first, last: end }, isInPlace: false };
  };
  if (origin.kind !== "computed") return block(BEFORE, AFTER);
  const { operation, operands } = origin;
  if (operation.changes !== undefined) return { kind: "view", of: operands[operation.changes] as Node };
  if (isView(node) && !readsAny(node, changed)) {
    const [operand] = operands as [Node];
    const of = placements.get(operand);
    if (of?.kind !== "block") return { kind: "view", of: operand };
    of.buffer.last = Math.max(of.buffer.last, last);
    return { kind: "block", buffer: of.buffer, isInPlace: true };
  }
  const { inPlace = [] } = operation;
  const bufferOf = (which: number) => {
    const of = placements.get(operands[which] as Node);
    return of?.kind === "block" ? of.buffer : undefined;
  };
  for (const which of inPlace) {
    const buffer = bufferOf(which);
    if (buffer?.last !== now) continue; // of an input or a constant, nothing is the last
    if (bytesOf((operands[which] as Node).spec) !== bytesOf(node.spec)) continue; // a repeated operand is read again
    if (operands.some((_, other) => bufferOf(other) === buffer && !inPlace.includes(other))) continue;
    buffer.last = last;
    return { kind: "block", buffer, isInPlace: true };
  }
  return block(now, last);
}

/** The last instruction that reads each node. */
function lastUsesOf(nodes: readonly Node[], outputs: ReadonlySet<Node>): Map<Node, number> {
  const last = new Map<Node, number>();
  const written = new Set(nodes.map(besideOf));
  for (const [now, node] of nodes.entries()) {
    if (!written.has(node)) for (const operand of operandsOf(node)) last.set(operand, now);
  }
  for (const output of outputs) last.set(output, AFTER);
  return last;
}

/** Gives each buffer its offset; returns the bytes of all together. */
function layOut(buffers: readonly Buffer[]): number {
  const placed: Buffer[] = [];
  for (const buffer of [...buffers].sort((a, b) => b.bytes - a.bytes || a.first - b.first)) {
    const rivals = placed.filter((other) => other.first <= buffer.last && buffer.first <= other.last);
    for (const other of rivals.sort((a, b) => a.offset - b.offset)) {
      if (buffer.offset + buffer.bytes <= other.offset) break;
      buffer.offset = Math.max(buffer.offset, other.offset + other.bytes);
    }
    placed.push(buffer);
  }
  return Math.max(0, ...placed.map(({ offset, bytes }) => offset + bytes));
}

/** Bytes in the block, in whole vectors. */
export function bytesOfNode({ spec }: Node): number {
  const { dtype, shape, maxRowNonzeros } = spec;
  const bytes = maxRowNonzeros === undefined ? bytesOf(spec) : sparseLayout(shape, dtype, maxRowNonzeros).bytes;
  return Math.max(1, Math.ceil(bytes / ALIGNMENT_BYTES)) * ALIGNMENT_BYTES;
}
