/** What NumPy drew: the fixture's shape, and the checksums it is compared by. Made by numpy-random.py. */

import { readFileSync } from "node:fs";
import * as assert from "uvu/assert";

import type { RandomStateSnapshot } from "../../src/random/snapshot.ts";

export type KeyRecord = {
  readonly first: readonly number[];
  readonly last: readonly number[];
  readonly fold: number;
  readonly position: number;
};

export type StateRecord = KeyRecord & { readonly hasGauss: boolean; readonly cachedGaussian: number };

/** One call, discriminated by the method's name. */
export type Step =
  | {
      readonly call: "rand" | "randn";
      readonly arguments: readonly number[];
      readonly want: number | readonly number[];
    }
  | {
      readonly call: "randint";
      readonly arguments: readonly [number, number, number?];
      readonly want: number | readonly number[];
    }
  | {
      readonly call: "choice";
      readonly arguments: readonly [number, number, boolean];
      readonly want: readonly number[];
    }
  | { readonly call: "permutation"; readonly arguments: readonly [number]; readonly want: readonly number[] }
  | {
      readonly call: "shuffle";
      readonly arguments: readonly [readonly (string | number)[]];
      readonly want: readonly (string | number)[];
    };

export type Fixture = {
  readonly seeded: readonly {
    readonly seed: number | readonly number[];
    readonly fresh: KeyRecord;
    readonly rand: readonly number[];
    readonly after: KeyRecord;
  }[];
  readonly transcripts: readonly {
    readonly law: string;
    readonly seed: number | readonly number[];
    readonly steps: readonly Step[];
    readonly state: StateRecord;
  }[];
  readonly firstSteps: {
    /** The normal draws with the nearest logarithm, as float64 bits. */
    readonly foldNearest: number;
    /** NumPy's draws × 0.01, as float32 bits. */
    readonly foldFloat32: number;
    /** The draws where NumPy is not the one above. */
    readonly differs: readonly { readonly index: number; readonly numpy: number }[];
    readonly firstBatch: readonly number[];
    readonly foldBatches: number;
    readonly state: StateRecord;
  };
  /** x, the double nearest to ln x, and what that leaves of ln x. */
  readonly logarithms: readonly (readonly [number, number, number])[];
};

const file = new URL("../fixtures/numpy-random.json", import.meta.url);

export const fixture: Fixture = JSON.parse(readFileSync(file, "utf8"));

/** FNV-1a over the 32-bit words of an array. */
export function fold(values: Float64Array | Float32Array | Int32Array | Uint32Array): number {
  let checksum = 2166136261;
  for (const word of new Uint32Array(values.buffer, values.byteOffset, values.byteLength / 4)) {
    checksum = Math.imul(checksum ^ word, 16777619) >>> 0;
  }
  return checksum;
}

/** The distance from one double to the next larger in magnitude. */
export function ulp(x: number): number {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, Math.abs(x));
  bits.setBigUint64(0, bits.getBigUint64(0) + 1n);
  return bits.getFloat64(0) - Math.abs(x);
}

export function assertKey(snapshot: RandomStateSnapshot, want: KeyRecord, label: string): void {
  assert.is(snapshot.algorithm, "MT19937", label);
  assert.is(snapshot.key.length, 624, label);
  assert.equal([...snapshot.key.slice(0, 3)], want.first, label);
  assert.equal([...snapshot.key.slice(-2)], want.last, label);
  assert.is(fold(snapshot.key), want.fold, label);
  assert.is(snapshot.position, want.position, label);
}

export function assertState(snapshot: RandomStateSnapshot, want: StateRecord, label: string): void {
  assertKey(snapshot, want, label);
  assert.is(snapshot.hasGauss, want.hasGauss, label);
  assert.ok(Object.is(snapshot.cachedGaussian, want.cachedGaussian), `${label}: cached normal draw`);
}
