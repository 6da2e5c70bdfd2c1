/**
 * A program: kernel calls in order, over one block of memory. Running it allocates nothing, on either side.
 */
import { Owner } from "../disposable.ts";
import { DisposedError, DTypeError, EngineMismatchError, OptionError, ShapeError } from "../errors.ts";
import { bindWithLoss } from "../ops/cross_entropy.ts";
import { placeOf, tensorsOf, unplacedCall } from "../ops/operation.ts";
import { ASSIGN, effect } from "../ops/update.ts";
import type { Expression } from "../tensor/expression.ts";
import { isSameShape, show } from "../tensor/layout.ts";
import type { Call, Place, Unplaced } from "../tensor/operation.ts";
import { SparseMatrix, sparseLayout } from "../tensor/sparse.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { DType } from "../wasm/dtype.ts";
import type { Engine } from "../wasm/engine.ts";
import type { Block } from "../wasm/memory.ts";
import { fuse } from "./fuse.ts";
import { besideOf, type Computed, changedBy, type Graph, graphOf, type Node, readsAny } from "./graph.ts";
import { type Plan, place } from "./place.ts";

/** Where results go besides a program's outputs, and what it changes. */
export type CompileOptions = {
  /** What is written to tensors that the caller owns: values, and where they go. Values are those before the run. */
  readonly into?: readonly (readonly [value: Expression, target: Tensor | SparseMatrix])[];
  /** What is done to tensors after everything else, in this order: updates of parameters. */
  readonly effects?: readonly Expression[];
};

type Expressions<Name extends string> = { readonly [N in Name]: Expression };

/**
 * A program for these outputs: dead code dropped, common subexpressions shared, chains fused where a kernel exists, and
 * every value placed in one block. Sizes are fixed: another batch size is another program.
 *
 * @returns the program, which the caller disposes of
 * @throws {OptionError} nothing to compute, or two inputs of one name
 * @throws {EngineMismatchError} expressions of several engines
 * @throws {AllocationError} the block is too large
 * @example
 * const x = input(engine, [3], { name: "x" });
 * using program = compile({ loss: sum(square(x)) });
 * program.inputs["x"]?.set([1, 2, 3]);
 * program.run();
 * program.outputs.loss.data[0]; // → 14
 */
export function compile<Name extends string>(outputs: Expressions<Name>, options: CompileOptions = {}): Program<Name> {
  const [first] = [
    ...Object.values<Expression>(outputs),
    ...(options.into ?? []).map(([value]) => value),
    ...(options.effects ?? []),
  ];
  if (first === undefined) throw new OptionError("compile: outputs", "at least one expression", "none");
  return new Program(first.engine, outputs, options);
}

/** Instructions over a block of memory. `compile` makes them. */
export class Program<Name extends string = string> extends Owner {
  readonly engine: Engine;
  /** What the inputs are set through: `program.inputs.x.set(…)`. */
  readonly inputs: Readonly<Record<string, Tensor>>;
  /** What a run leaves: views of the program's block, which the next run overwrites. */
  readonly outputs: { readonly [N in Name]: Tensor };
  /** Of the block: values and scratch. */
  readonly bytes: number;
  /** What is computed, in this order: `describeProgram` shows it. */
  readonly instructions: readonly Node[];
  /** Where every value lies in the block. */
  readonly plan: Plan;
  readonly #block: Block;
  readonly #nodes: readonly Node[];
  readonly #arguments: ReadonlyMap<string, Node>;
  readonly #bound = new Map<Node, Tensor | SparseMatrix>();
  #steps: readonly (() => void)[] = [];
  /** Tensors of others that the program reads or writes. */
  #foreign: readonly Tensor[] = [];

  constructor(engine: Engine, outputs: Expressions<Name>, { into = [], effects = [] }: CompileOptions) {
    super();
    const wanted = Object.values<Expression>(outputs);
    const { direct, assigned } = destinations(engine, [...wanted, ...effects], into);
    const all = [...assigned, ...effects];
    const graph = graphOf(engine, [...wanted, ...direct.map(([value]) => value)], all);
    checkEngine(graph, [...wanted, ...effects, ...into.flat()]);
    for (const [value, target] of direct) (graph.outputs.get(value) as Node).into = target;
    const nodes = fuse(graph);
    const results = new Set(wanted.map((value) => graph.outputs.get(value) as Node));

    this.engine = engine;
    this.#nodes = nodes;
    this.#arguments = new Map(
      nodes.flatMap((node) => (node.origin.kind === "argument" ? [[node.name ?? "", node]] : [])),
    );
    this.plan = place(nodes, results, changedBy(graph.effects));
    const written = new Set(nodes.map(besideOf));
    this.instructions = nodes.filter(
      (node) => node.origin.kind === "computed" && !written.has(node) && !this.#isFree(node),
    );
    const scratchBytes = Math.max(0, ...nodes.map((node) => scratchOf(engine, node)));
    this.bytes = this.plan.bytes + scratchBytes;
    this.#block = engine.memory.allocate(this.bytes);
    try {
      this.inputs = this.#inputsOf(nodes);
      this.outputs = Object.fromEntries(
        Object.entries<Expression>(outputs).map(([name, value]) => [
          name,
          this.#tensorOf(graph.outputs.get(value) as Node, name),
        ]),
      ) as { [N in Name]: Tensor };
      for (const node of nodes) if (node.origin.kind === "constant") this.#tensorOf(node).data[0] = node.origin.value;
      if (this.#arguments.size === 0) this.#ready();
    } catch (error) {
      this.#block.free();
      throw error;
    }
    engine.watch?.begin(this, `program of ${Object.keys(outputs).join(", ") || "updates"}`, this.bytes);
  }

  /**
   * Tells the program its arguments. The same tensors again cost nothing; others make its calls ready anew.
   *
   * @param tensors one of the right shape and dtype for each argument, by name; all of them the first time
   * @throws {ShapeError} another shape
   * @throws {DTypeError} another dtype
   * @throws {OptionError} a name that is no argument, or dense rows for sparse ones
   * @throws {EngineMismatchError} a tensor of another engine
   */
  bind(tensors: Readonly<Record<string, Tensor | SparseMatrix>>): void {
    let isChanged = false;
    for (const name in tensors) {
      const [node, tensor] = [this.#arguments.get(name), tensors[name] as Tensor | SparseMatrix];
      if (node === undefined) throw new OptionError(`bind: ${name}`, [...this.#arguments.keys()].join(", "), name);
      if (this.#bound.get(node) === tensor) continue;
      checkArgument(name, node, tensor, this.engine);
      this.#bound.set(node, tensor);
      isChanged = true;
    }
    if (isChanged && this.#bound.size === this.#arguments.size) this.#ready();
  }

  /**
   * Computes everything once.
   *
   * @throws {DisposedError} the program, its engine, or a tensor that it uses was disposed
   * @throws {OptionError} an argument was not bound
   * @throws {IndexError} a label or an index outside of its range; nothing has been updated then
   * @throws {TrapError} a kernel trapped
   */
  run(): void {
    this.engine.checkOpen();
    if (!this.#block.isLive) throw new DisposedError("program", "run");
    if (this.#bound.size < this.#arguments.size)
      throw new OptionError("run", "all arguments bound before", "some are not");
    for (const tensor of this.#foreign) if (tensor.isDisposed) throw new DisposedError(tensor.describe(), "run");
    let at = 0;
    try {
      for (const steps = this.#steps; at < steps.length; at++) (steps[at] as () => void)();
    } catch (error) {
      const { operation } = (this.instructions[at] as Node).origin as Computed;
      throw this.engine.failureOf(operation.name, error);
    }
  }

  /** Gives the block back; tensors of others are left alone. A second call does nothing. */
  dispose(): void {
    this.engine.watch?.end(this);
    this.#block.free();
  }

  #inputsOf(nodes: readonly Node[]): Record<string, Tensor> {
    const inputs: Record<string, Tensor> = {};
    for (const node of nodes.filter(({ origin }) => origin.kind === "input")) {
      const name = node.name as string;
      if (Object.hasOwn(inputs, name)) throw new OptionError("compile: inputs", "names of their own", name);
      inputs[name] = this.#tensorOf(node, name);
      inputs[name].data.fill(0);
    }
    return inputs;
  }

  /** Makes every call ready for where its operands lie now. */
  #ready(): void {
    this.#steps = this.instructions.map((node) => this.#callOf(node));
    this.#foreign = [...new Set([...foreignTensors(this.#nodes), ...[...this.#bound.values()].flatMap(tensorsOf)])];
  }

  #callOf(node: Node): () => void {
    const { operation, operands, beside } = node.origin as Computed;
    const call: Call = {
      ...unplacedCallOf(this.engine, node, this.engine.bare),
      memory: this.engine.memory,
      at: operands.map((operand) => this.#placeOf(operand)),
      out: this.#placeOf(node),
      scratch: this.#block.pointer + this.plan.bytes,
    };
    return beside === undefined ? operation.bind(call) : bindWithLoss(call, this.#placeOf(beside));
  }

  /** A view that lies where its operand does: nothing is to be done. */
  #isFree(node: Node): boolean {
    if (node.origin.kind !== "computed" || !node.origin.operation.isView) return false;
    const placement = this.plan.placements.get(node);
    return placement?.kind === "view" || (placement?.kind === "block" && placement.isInPlace);
  }

  #placeOf(node: Node): Place {
    const placement = this.plan.placements.get(node);
    if (placement?.kind === "view") return this.#placeOf(placement.of);
    if (placement?.kind === "block") {
      const pointer = this.#block.pointer + placement.buffer.offset;
      const { dtype, shape, widest } = node.form;
      if (widest === undefined) return { pointer, columns: 0, values: 0 };
      const { columns, values } = sparseLayout(shape, dtype, widest);
      return { pointer, columns: pointer + columns, values: pointer + values };
    }
    const foreign = node.into ?? (node.origin.kind === "tensor" ? node.origin.tensor : this.#bound.get(node));
    return placeOf(foreign as Tensor | SparseMatrix);
  }

  /** A node's value as a tensor: a view of the block, or the tensor that it is. */
  #tensorOf(node: Node, name = node.name): Tensor {
    const placement = this.plan.placements.get(node);
    const tensor = node.into ?? (node.origin.kind === "tensor" ? node.origin.tensor : undefined);
    if (tensor instanceof Tensor) return tensor;
    if (placement?.kind === "view") return (this.#tensorOf(placement.of) as Tensor).part(0, node.form.shape, name);
    if (placement?.kind !== "block" || node.form.widest !== undefined) {
      throw new OptionError("compile: outputs", "dense values; sparse rows go `into` a matrix", "sparse rows");
    }
    const storage = { block: this.#block, offset: placement.buffer.offset, role: "view" } as const;
    return new Tensor<DType>(this.engine, storage, { dtype: node.form.dtype, shape: node.form.shape, name });
  }
}

/**
 * Which values their instruction can write to the caller's tensors, and which are copied there when nothing reads the
 * old content any more: those whose target the program reads, those that are leaves, and a second target of one value.
 */
function destinations(
  engine: Engine,
  others: readonly Expression[],
  into: NonNullable<CompileOptions["into"]>,
): { readonly direct: NonNullable<CompileOptions["into"]>; readonly assigned: readonly Expression[] } {
  const { nodes, outputs } = graphOf(engine, [...others, ...into.map(([value]) => value)], []);
  // What only effects read is not meant: they run when everything has been written.
  const read = nodes.flatMap(({ origin }) =>
    origin.kind === "computed" && origin.operation.changes === undefined ? origin.operands : [],
  );
  const direct: (readonly [Expression, Tensor | SparseMatrix])[] = [];
  const assigned: Expression[] = [];
  const taken = new Set<Node | undefined>(others.map((value) => outputs.get(value)));
  for (const [value, target] of into) {
    const node = outputs.get(value);
    const isRead = target instanceof Tensor && read.some((leaf) => readsAny(leaf, [target]));
    const isDirect = node?.origin.kind === "computed" && !isRead && !taken.has(node);
    taken.add(node);
    if (isDirect) direct.push([value, target]);
    else if (target instanceof Tensor) assigned.push(effect(ASSIGN, target, [value], {}));
    else
      throw new OptionError("compile: into", "a tensor, where the value is not computed for it alone", "sparse rows");
  }
  return { direct, assigned };
}

/** An expression has the engine of its operands, so that the roots and the leaves are enough. */
function checkEngine({ engine, nodes }: Graph, roots: readonly { readonly engine: Engine }[]): void {
  if (roots.some((root) => root.engine !== engine)) throw new EngineMismatchError("compile", "a value or its target");
  for (const { origin } of nodes) {
    if (origin.kind !== "tensor") continue;
    if (origin.tensor.engine !== engine) throw new EngineMismatchError("compile", "a tensor");
  }
}

function scratchOf(engine: Engine, node: Node): number {
  const { origin } = node;
  return origin.kind === "computed" ? (origin.operation.scratchBytes?.(unplacedCallOf(engine, node)) ?? 0) : 0;
}

function unplacedCallOf(
  engine: Engine,
  { form, origin }: Node,
  kernels: Pick<Engine, "kernels" | "common"> = engine,
): Unplaced {
  const { operands, attributes } = origin as Computed;
  const forms = operands.map((operand) => operand.form);
  return unplacedCall(engine, forms, form, attributes, kernels);
}

function checkArgument(name: string, { form }: Node, tensor: Tensor | SparseMatrix, engine: Engine): void {
  if (tensor.dtype !== form.dtype) throw new DTypeError("bind", name, form.dtype, tensor.dtype);
  if (tensor instanceof SparseMatrix !== (form.widest !== undefined)) {
    throw new OptionError(`bind: ${name}`, form.widest === undefined ? "a dense tensor" : "sparse rows", tensor);
  }
  if (!isSameShape(tensor.shape, form.shape)) throw new ShapeError("bind", name, show(form.shape), show(tensor.shape));
  if (tensor.engine !== engine) throw new EngineMismatchError("bind", name);
}

function foreignTensors(nodes: readonly Node[]): Tensor[] {
  const tensors = nodes.flatMap(({ origin, into }) => {
    const of = into ?? (origin.kind === "tensor" ? origin.tensor : undefined);
    return of === undefined ? [] : tensorsOf(of);
  });
  return [...new Set(tensors)];
}
