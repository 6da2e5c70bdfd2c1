/**
 * Where the values of a program are stored: offsets in one block, planned from lifetimes.
 *
 *   instruction   0  1  2  3  4            a value lives from the instruction that writes it to the last one that
 *   z1               ██████                reads it; two values may share bytes when they do not live at the same time
 *   a2                  ███████
 *   dz1                       ████        here: in z1's place
 *
 * The largest buffers are placed first, each at the lowest offset that is free for as long as it lives.
 *
 * What only its chain reads has a tile's bytes. What else a chain reads or writes lives as long as the chain, because the
 * first instruction comes again after the last one, for the next tile.
 */
import { bytesOf } from "../ops/operation.ts";
import { sparseLayout } from "../tensor/sparse.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { baseOf, besideOf, type Node, operandsOf } from "./graph.ts";
import { type Chain, chainsOf, tileOf } from "./tiles.ts";

/** A piece of the block, which several values may have one after the other. */
export type Buffer = { bytes: number; offset: number; first: number; last: number; readonly isTile: boolean };

/** How a value came to its place. */
export type Placement =
  | { readonly kind: "block"; readonly buffer: Buffer; readonly isInPlace: boolean }
  | { readonly kind: "tensor" }
  | { readonly kind: "view"; readonly of: Node };

export type Plan = {
  readonly placements: ReadonlyMap<Node, Placement>;
  readonly bytes: number;
  /** Of the instructions that are run tile by tile. */
  readonly chains: ReadonlyMap<Node, Chain>;
};

const ALIGNMENT_BYTES = 16;
/** What is written before the first instruction, or is read after the last. */
const BEFORE = -1;
const AFTER = Number.POSITIVE_INFINITY;

/**
 * @param nodes in the order in which they are computed
 * @param instructions those of them that something must be called for
 * @param outputs those that are read after a run
 * @param changed tensors that effects change, which no view may share
 */
export function planMemory(
  nodes: readonly Node[],
  instructions: readonly Node[],
  outputs: ReadonlySet<Node>,
  changed: readonly Tensor[],
): Plan {
  const lastUses = lastUsesOf(nodes, outputs, changed);
  const chains = chainsOf(nodes, instructions);
  const placements = new Map<Node, Placement>();
  const buffers: Buffer[] = [];
  for (const [now, node] of nodes.entries()) {
    if (placements.has(node)) continue; // written together with another
    const last = lastUses.get(node) ?? now;
    const chain = chains.get(node);
    const tile = chain !== undefined && last <= chain.last ? tileOf(chain) : undefined;
    const placement = placementOf(node, now, { last, placements, changed, tile });
    placements.set(node, placement);
    if (placement.kind === "block" && !placement.isInPlace) buffers.push(placement.buffer);
    const beside = besideOf(node);
    if (beside === undefined) continue;
    const [bytes, end] = [bytesOfNode(beside), lastUses.get(beside) ?? now];
    const buffer = { bytes, offset: 0, first: now, last: end, isTile: false };
    placements.set(
      beside,
      beside.into === undefined ? { kind: "block", buffer, isInPlace: false } : { kind: "tensor" },
    );
    if (beside.into === undefined) buffers.push(buffer);
  }
  for (const { first, last } of new Set(chains.values())) {
    for (const buffer of buffers.filter(({ isTile }) => !isTile)) {
      if (first < buffer.first && buffer.first <= last) buffer.first = first;
      if (first <= buffer.last && buffer.last < last) buffer.last = last;
    }
  }
  return { placements, bytes: layOut(buffers), chains };
}

function placementOf(
  node: Node,
  now: number,
  known: {
    readonly last: number;
    readonly placements: ReadonlyMap<Node, Placement>;
    readonly changed: readonly Tensor[];
    /** Elements that it needs room for, where not for all. */
    readonly tile: number | undefined;
  },
): Placement {
  const { origin } = node;
  const { last, placements, changed, tile } = known;
  const isTile = tile !== undefined;
  if (origin.kind === "tensor" || origin.kind === "argument" || node.into !== undefined) return { kind: "tensor" };
  const block = (first: number, end: number): Placement => {
    const buffer = { bytes: bytesOfNode(node, tile), offset: 0, first, last: end, isTile };
    return { kind: "block", buffer, isInPlace: false };
  };
  if (origin.kind !== "computed") return block(BEFORE, AFTER);
  const { operation, operands } = origin;
  if (operation.changes !== undefined) return { kind: "view", of: operands[operation.changes] as Node };
  if (baseOf(node, changed) !== node) {
    const [operand] = operands as [Node];
    const of = placements.get(operand);
    return of?.kind === "block" ? { ...of, isInPlace: true } : { kind: "view", of: operand };
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
    if (buffer.isTile !== isTile) continue;
    if (operands.some((_, other) => bufferOf(other) === buffer && !inPlace.includes(other))) continue;
    buffer.last = last;
    return { kind: "block", buffer, isInPlace: true };
  }
  return block(now, last);
}

/** The last instruction that reads each node, or a view of it. */
function lastUsesOf(nodes: readonly Node[], outputs: ReadonlySet<Node>, changed: readonly Tensor[]): Map<Node, number> {
  const last = new Map<Node, number>();
  const written = new Set(nodes.map(besideOf));
  for (const [now, node] of nodes.entries()) {
    if (!written.has(node)) for (const operand of operandsOf(node)) last.set(baseOf(operand, changed), now);
  }
  for (const output of outputs) last.set(baseOf(output, changed), AFTER);
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

/** Bytes in the block, in whole vectors, of all elements or of a tile. */
export function bytesOfNode({ spec: { dtype, shape: all, maxRowNonzeros } }: Node, tile?: number): number {
  const shape = tile === undefined ? all : [tile];
  const bytes =
    maxRowNonzeros === undefined ? bytesOf({ dtype, shape }) : sparseLayout(shape, dtype, maxRowNonzeros).bytes;
  return Math.max(1, Math.ceil(bytes / ALIGNMENT_BYTES)) * ALIGNMENT_BYTES;
}
