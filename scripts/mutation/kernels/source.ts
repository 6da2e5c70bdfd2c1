/** Kernels as trees: AssemblyScript's own parser, and as much of its nodes as mutations look at. */
import * as compiler from "assemblyscript";

export type Node = {
  readonly kind: number;
  readonly range: { readonly start: number; readonly end: number };
};

/** The kinds are constants that TypeScript may not look at, though they are there. */
const { NodeKind } = compiler as unknown as { readonly NodeKind: { readonly [name: string]: number } };
const KINDS = new Map(Object.entries(NodeKind).map(([name, kind]) => [kind, name]));

/** What a node is, such as `Binary`. */
export function kindOf(node: Node): string {
  return KINDS.get(node.kind) ?? "";
}

/** The top-level statements of a file. @throws {Error} it does not parse */
export function statementsOf(file: string, text: string): readonly Node[] {
  const program = compiler.newProgram(compiler.newOptions());
  compiler.parse(program, text, file, true);
  const [source] = program.sources;
  if (source === undefined || program.diagnostics.length > 0) throw new Error(`${file} does not parse`);
  return source.statements as unknown as readonly Node[];
}

/** The nodes right below a node, by the name of the property they stand in. */
export function* childrenOf(node: Node): Generator<readonly [name: string, child: Node]> {
  for (const [name, value] of Object.entries(node)) {
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) yield [name, child];
  }
}

/** The node in a property, where there is one. */
export function childOf(node: Node, name: string): Node | undefined {
  const value: unknown = Object.entries(node).find(([key]) => key === name)?.[1];
  return isNode(value) ? value : undefined;
}

/** The nodes in a property that is a list. */
export function listOf(node: Node, name: string): readonly Node[] {
  const value: unknown = Object.entries(node).find(([key]) => key === name)?.[1];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

function isNode(value: unknown): value is Node {
  if (typeof value !== "object" || value === null || !("kind" in value) || !("range" in value)) return false;
  return typeof value.kind === "number" && typeof value.range === "object" && value.range !== null;
}
