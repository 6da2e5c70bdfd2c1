/** What tensors and files know alike of a shape. */

/**
 * The number of elements under a shape, 1 where it has no axis; in doubles: rounded above 2⁵³ only, where neither a memory nor a
 * file has as many.
 */
export function countOf(shape: readonly number[]): number {
  let count = 1;
  for (const extent of shape) count *= extent;
  return count;
}
