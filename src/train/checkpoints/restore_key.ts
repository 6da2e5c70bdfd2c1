/**
 * The key under which a checkpoint carries the function that restores a run, so that bundles without checkpoints do not
 * contain it. A symbol, because structured clone drops it; the worker adds it again. `Symbol.for`, because the worker's code is
 * another bundle: both must have the same key.
 */
export const RESTORE: unique symbol = Symbol.for("lanegrad.restore");
