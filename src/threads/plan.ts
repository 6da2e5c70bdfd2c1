/**
 * How the kernel calls of a program are divided among threads. Every thread runs the same list of calls, each on its own
 * part of the outputs, with barriers only where a call touches what another thread has read or written since the last one:
 *
 *   thread 0   gemm rows 0..63    relu rows 0..63     ‖  gemm columns 0..255
 *   thread 1   gemm rows 64..127  relu rows 64..127   ‖  gemm columns 256..511
 *
 * A call is cut where its row in the table says that the bits stay those of the whole, so that the number of threads is no part
 * of a result. What cannot be cut is run by the first thread.
 */
import type { KernelCall } from "../wasm/abi.ts";
import { bytesPerElement } from "../wasm/dtype.ts";
import { cutsOf, extentsOf, partOf, type Signature, type Size } from "../wasm/signature.ts";
import { type Access, accessesOf, conflict, elementBytes, elementsOf, type Region } from "./accesses.ts";

/** A call, and the number of that of which it is a part. */
export type Part = KernelCall & { readonly of: number };

/** What a thread does next: a call, or to wait for the others. */
export type Entry = Part | "barrier";

/** A list for each thread, with equally many barriers. */
export type Plan = readonly (readonly Entry[])[];

export type PlanOptions = {
  readonly signatures: ReadonlyMap<string, Signature>;
  readonly threads: number;
  /** The memory of values. */
  readonly regions: readonly Region[];
  /** Where a thread's scratch is, in place of a call's own; the first keeps that. */
  readonly scratch: readonly (number | undefined)[];
};

/** From where to where each thread has a size: as many boundaries as threads, and one. */
type Cut = { readonly size: string; readonly bounds: readonly number[] };

/** Where an operand's bytes were cut before, from its first on. */
type Owners = Map<number, readonly number[]>;

/** Elements of a line of the cache, in float32: neighbours that two threads write are to be in different ones. */
const LINE = 16;
/** After so many accesses there is a barrier in any case: to compare more would take longer than to wait. */
const MOST = 256;
/** Rows that a product takes at a time. */
const ROWS = 4;

/** The calls of a program for each thread. */
export function planOf(calls: readonly KernelCall[], options: PlanOptions): Plan {
  const { signatures, threads, regions } = options;
  const lists: Entry[][] = Array.from({ length: threads }, () => []);
  const owners: Owners = new Map();
  /** What each thread has touched since the last barrier. */
  let recent: Access[][] = lists.map(() => []);
  let touched = 0;
  for (const [of, call] of calls.entries()) {
    const signature = signatures.get(call.kernel);
    if (signature === undefined) throw new Error(`no kernel: ${call.kernel}`);
    const cut = cutOf(signature, call.args, threads, owners);
    const parts = partsOf(signature, call, cut, options);
    const accesses = parts.map((part) => (part === undefined ? [] : accessesOf(signature, part.args, regions)));
    if (touched > MOST || meets(accesses, recent)) {
      for (const list of lists) list.push("barrier");
      recent = lists.map(() => []);
      touched = 0;
    }
    for (const [thread, part] of parts.entries()) if (part !== undefined) lists[thread]?.push({ ...part, of });
    for (const [thread, own] of accesses.entries()) recent[thread]?.push(...own);
    touched += accesses[0]?.length ?? 0;
    remember(signature, call.args, cut, owners);
  }
  return lists;
}

/** Whether a thread would meet what another has done since the last barrier. */
function meets(now: readonly (readonly Access[])[], before: readonly (readonly Access[])[]): boolean {
  return now.some((own, thread) =>
    before.some((others, other) => other !== thread && own.some((a) => others.some((b) => conflict(a, b)))),
  );
}

function partsOf(
  signature: Signature,
  call: KernelCall,
  cut: Cut | undefined,
  { threads, scratch }: PlanOptions,
): (KernelCall | undefined)[] {
  if (cut === undefined) return Array.from({ length: threads }, (_, thread) => (thread === 0 ? call : undefined));
  const scratchAt = signature.parameters.findIndex(({ kind }) => kind === "scratch");
  return Array.from({ length: threads }, (_, thread) => {
    const [from = 0, to = 0] = cut.bounds.slice(thread, thread + 2);
    if (from === to) return undefined;
    const args = partOf(signature, call.args, cut.size, [from, to - from], bytesPerElement);
    const own = scratch[thread];
    if (scratchAt >= 0 && own !== undefined) args[scratchAt] = own;
    return { kernel: call.kernel, args };
  });
}

/** Where a call is cut; undefined where it is one thread's. */
function cutOf(signature: Signature, args: readonly number[], threads: number, owners: Owners): Cut | undefined {
  if (!signature.split.isExact || signature.result === "i32" || signature.result === "f64") return undefined;
  const sizes = cutsOf(signature, args).map((size) => ({ size, total: sizeIn(signature, args, size) }));
  for (const { size, total } of sizes) {
    const bounds = ownedBounds(signature, args, { size, total }, owners);
    if (bounds !== undefined) return { size, bounds };
  }
  let best: (Cut & { readonly share: number }) | undefined;
  for (const { size, total } of sizes) {
    const bounds = evenBounds(total, threads, size === "m" && sizes.length > 1 ? ROWS : LINE);
    const share = Math.max(...bounds.slice(1).map((to, i) => to - (bounds[i] ?? 0))) / total;
    if (total > 1 && share < 1 && (best === undefined || share < best.share)) best = { size, bounds, share };
  }
  return best;
}

/** Equal parts, at multiples of `unit` where there are enough of them. */
function evenBounds(total: number, threads: number, unit: number): number[] {
  const step = total >= 4 * unit * threads ? unit : total >= ROWS * threads ? ROWS : 1;
  return Array.from({ length: threads + 1 }, (_, thread) =>
    thread === threads ? total : Math.min(total, Math.round((total * thread) / threads / step) * step),
  );
}

/** The cut that an operand has from the call before, so that each thread finds what it made itself. */
function ownedBounds(
  signature: Signature,
  args: readonly number[],
  { size, total }: { readonly size: string; readonly total: number },
  owners: Owners,
): readonly number[] | undefined {
  for (const { pointer, step } of outermost(signature, args, size)) {
    const bytes = owners.get(pointer);
    if (bytes === undefined || bytes.at(-1) !== total * step) continue;
    const bounds = bytes.map((at) => at / step);
    if (bounds.every(Number.isInteger)) return bounds;
  }
  return undefined;
}

function remember(signature: Signature, args: readonly number[], cut: Cut | undefined, owners: Owners): void {
  if (cut === undefined) return;
  for (const { pointer, step } of outermost(signature, args, cut.size)) {
    owners.set(
      pointer,
      cut.bounds.map((at) => at * step),
    );
  }
}

/** Operands whose first axis is this size: where they begin, and bytes from one index to the next. */
function outermost(signature: Signature, args: readonly number[], size: string) {
  const values = new Map<Size, number>(signature.parameters.map(({ name }, at) => [name, args[at] ?? 0]));
  return signature.parameters.flatMap((parameter, at) => {
    const pointer = args[at] ?? 0;
    if (parameter.kind !== "operand" || (parameter.isOptional && pointer === 0)) return [];
    const elements = elementsOf(parameter, values);
    if (elements.axes[0]?.size !== size || elements.axes[0].plus !== 0) return [];
    const axes = extentsOf(elements, (name) => (typeof name === "number" ? name : (values.get(name) ?? 1)));
    const step = (axes[0]?.stride ?? 0) * elementBytes(signature, elements);
    return step === 0 ? [] : [{ pointer, step }];
  });
}

/** How much a call has to do, roughly: the product of its sizes. Whether it can be cut at all is left to `planOf`. */
export function workOf({ parameters, split }: Signature, args: readonly number[]): number {
  if (split.by === "none" || !split.isExact) return 0;
  return parameters.reduce((work, { kind }, at) => (kind === "size" ? work * (args[at] || 1) : work), 1);
}

function sizeIn(signature: Signature, args: readonly number[], size: string): number {
  return args[signature.parameters.findIndex(({ name }) => name === size)] ?? 0;
}
