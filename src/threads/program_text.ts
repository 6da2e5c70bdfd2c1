/**
 * A plan as numbers in the kernels' memory, where every thread finds it: workers are in a loop that hears no messages.
 *
 *   for each thread: count of entries, then for each: kernel (-1: a barrier), count of arguments, the arguments
 */
import type { KernelCall } from "../wasm/abi.ts";
import type { Plan } from "./plan.ts";

const BARRIER = -1;

/** How many numbers a plan takes. */
export function lengthOf(plan: Plan): number {
  return plan.flat().reduce((sum, entry) => sum + 2 + (entry === "barrier" ? 0 : entry.args.length), plan.length);
}

/** @param kernels the names of all kernels, sorted: the same in every thread */
export function writePlan(plan: Plan, kernels: readonly string[], to: Float64Array): void {
  let at = 0;
  for (const list of plan) {
    to[at++] = list.length;
    for (const entry of list) {
      const args = entry === "barrier" ? [] : entry.args;
      to[at++] = entry === "barrier" ? BARRIER : kernels.indexOf(entry.kernel);
      to[at++] = args.length;
      for (const arg of args) to[at++] = arg;
    }
  }
}

/** One thread's list. */
export function readPlan(thread: number, kernels: readonly string[], from: Float64Array): (KernelCall | "barrier")[] {
  let at = 0;
  for (let list = 0; ; list++) {
    const count = from[at++] ?? 0;
    const entries: (KernelCall | "barrier")[] = [];
    for (let i = 0; i < count; i++) {
      const [kernel = BARRIER, length = 0] = [from[at], from[at + 1]];
      const args = Array.from(from.subarray(at + 2, at + 2 + length));
      at += 2 + length;
      entries.push(kernel === BARRIER ? "barrier" : { kernel: kernels[kernel] ?? "", args });
    }
    if (list === thread) return entries;
  }
}
