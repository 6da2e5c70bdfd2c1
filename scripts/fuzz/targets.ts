/** Everything that is fuzzed. */
import type { Target } from "./target.ts";
import { argumentsTarget, configuration } from "./targets/arguments.ts";
import { checkpoint, restoring } from "./targets/checkpoint.ts";
import { cifar } from "./targets/cifar.ts";
import { csv } from "./targets/csv.ts";
import { gzip, idx, members } from "./targets/idx.ts";
import { description, networkFile } from "./targets/network.ts";
import { npy, npz } from "./targets/numpy.ts";
import { png } from "./targets/png.ts";
import { graphs, programs } from "./targets/programs.ts";
import { safetensors } from "./targets/safetensors.ts";
import { sequences } from "./targets/sequences.ts";
import { tensors } from "./targets/tensors.ts";

export const TARGETS: readonly Target[] = [
  ...[idx, cifar, gzip, members, npy, npz, safetensors, networkFile, description, checkpoint, restoring, csv, png],
  ...[argumentsTarget, configuration, tensors, programs, graphs, sequences],
];

/** @throws {Error} there is none */
export function targetNamed(name: string): Target {
  const target = TARGETS.find((known) => known.name === name);
  if (target !== undefined) return target;
  throw new Error(`--target: expected all, ${TARGETS.map((known) => known.name).join(", ")}, found "${name}"`);
}
