/**
 * The state of a `RandomState` as plain data: what a checkpoint keeps to continue the same stream.
 *
 * The fields are those of NumPy's `RandomState.get_state()`, in its order.
 */

import { OptionError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { isArrayOf } from "../values.ts";
import { KEY_LENGTH } from "./mt19937.ts";

/** A stopped stream. `key` is never shared with a generator. */
export type RandomStateSnapshot = {
  /** NumPy's name for it: another one is refused. */
  readonly algorithm: "MT19937";
  /** 624 words of 32 bits. */
  readonly key: Uint32Array;
  /** How many words of the key were drawn already, 0 to 624. */
  readonly position: number;
  /** Whether `cachedGaussian` is the next normal draw. */
  readonly hasGauss: boolean;
  /** The second of the last pair of normal draws, where `hasGauss`; else 0. */
  readonly cachedGaussian: number;
};

/**
 * Refuses what cannot be a state: snapshots come from files.
 *
 * @throws {OptionError} another algorithm; not 624 words; a key of zeros, whose stream is constant; a position
 *   outside 0 to 624; `hasGauss` not a boolean; `cachedGaussian` not finite
 */
export function checkSnapshot(snapshot: RandomStateSnapshot): void {
  if (typeof snapshot !== "object" || snapshot === null) throw new OptionError("setState", "a snapshot", snapshot);
  checkOptions<RandomStateSnapshot>("setState", snapshot, {
    ...{ algorithm: 1, key: 1, position: 1, hasGauss: 1, cachedGaussian: 1 },
  });
  const { algorithm, key, position, hasGauss, cachedGaussian } = snapshot;
  if (algorithm !== "MT19937") throw new OptionError("setState: algorithm", '"MT19937"', algorithm);
  if (!isArrayOf(key, "Uint32Array")) throw new OptionError("setState: key", "a Uint32Array", key);
  if (key.length !== KEY_LENGTH) {
    throw new OptionError("setState: key", `${KEY_LENGTH} words`, key.length);
  }
  if (isZero(key)) throw new OptionError("setState: key", "a word other than 0", 0);
  if (!(Number.isInteger(position) && position >= 0 && position <= KEY_LENGTH)) {
    throw new OptionError("setState: position", `an integer from 0 to ${KEY_LENGTH}`, position);
  }
  if (typeof hasGauss !== "boolean") throw new OptionError("setState: hasGauss", "true or false", hasGauss);
  if (!Number.isFinite(cachedGaussian)) {
    throw new OptionError("setState: cachedGaussian", "a finite number", cachedGaussian);
  }
}

/** Of the first word only the top bit takes part in the recurrence. */
function isZero(key: Uint32Array): boolean {
  return key.every((word, i) => (i === 0 ? word < 0x80000000 : word === 0));
}
