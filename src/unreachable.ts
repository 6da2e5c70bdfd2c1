/** Closes an exhaustive switch: adding a variant makes every such switch fail to compile. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
