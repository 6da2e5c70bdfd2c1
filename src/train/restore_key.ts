/**
 * What a checkpoint puts a run back by. It brings that along, so that who keeps none does not carry it. A symbol, because a
 * checkpoint is data: a copy for a worker leaves it out, and the worker's part of the library, a bundle of its own, puts it
 * back.
 */
export const RESTORE: unique symbol = Symbol.for("lanegrad.restore");
