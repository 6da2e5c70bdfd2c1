/**
 * A program: kernel calls in order, over one block of memory. Running it allocates nothing, on either side.
 */

import { checkRecord } from "../arguments.ts";
import { Owner } from "../disposable.ts";
import { DisposedError, EngineMismatchError, OptionError, ShapeError } from "../errors.ts";
import { bufferOf, isExpression, scratchBytesOf, stepsOf, tensorsOf } from "../ops/operation.ts";
import { ASSIGN, effect } from "../ops/update.ts";
import { checkOptions } from "../options.ts";
import type { Expression } from "../tensor/expression.ts";
import type { BufferRef, PerOperand, Step, TensorSpec, UnboundCall } from "../tensor/operation.ts";
import { SparseMatrix, sparseLayout } from "../tensor/sparse.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { DType } from "../wasm/dtype.ts";
import type { Engine } from "../wasm/engine.ts";
import type { Block } from "../wasm/memory.ts";
import type { ElementwiseFusion } from "./elementwise_fusion.ts";
import { fuse } from "./fuse.ts";
import {
  besideOf,
  type Computed,
  changedBy,
  endOf,
  type Graph,
  graphOf,
  isEffect,
  isView,
  type Node,
  operandsOf,
  readsAny,
} from "./graph.ts";
import { type Plan, planMemory } from "./memory_plan.ts";
import { asBefore, checkEffects, checkSpec, checkTargets, type Destination, isWritten } from "./targets.ts";

/** Where results go in addition to a program's outputs, and what it changes. */
export type CompileOptions = {
  /**
   * What is written to tensors that the caller owns: values, and where they go. Values are those before the run, tensors
   * among them. Targets have their value's shape and dtype, and do not overlap.
   */
  readonly into?: readonly Destination[];
  /**
   * What is done to tensors after everything else, in this order: updates of parameters. Where an operand is a tensor, it is
   * read when its effect runs; what is computed is computed before all of them.
   */
  readonly effects?: readonly Expression[];
  /** Arguments that `bind` takes also where nothing reads them. */
  readonly arguments?: readonly Expression[];
};

/** What can be bound: what it must be like, and where it is read. */
type Argument = { readonly spec: TensorSpec; readonly node?: Node };

type Expressions<Name extends string> = { readonly [N in Name]: Expression };

/**
 * A program for these outputs: dead code dropped, common subexpressions shared, chains fused where a kernel exists, and
 * every value placed in one block. Sizes are fixed: another batch size is another program.
 *
 * An output that is a tensor itself is a view of it, or a copy where the program writes to it.
 *
 * @returns the program, which the caller disposes of
 * @throws {OptionError} nothing to compute, something other than expressions, two inputs of one name, targets that overlap, or
 *   invalid effects
 * @throws {ShapeError} a target of another shape than its value
 * @throws {DTypeError} a target of another dtype than its value
 * @throws {EngineMismatchError} expressions or targets of several engines
 * @throws {DisposedError} a tensor that was disposed
 * @throws {AllocationError} the block is too large
 * @example
 * const x = input(engine, [3], { name: "x" });
 * using program = compile({ loss: sum(square(x)) });
 * program.inputs["x"]?.set([1, 2, 3]);
 * program.run();
 * program.outputs.loss.data[0]; // → 14
 */
export function compile<Name extends string>(outputs: Expressions<Name>, options: CompileOptions = {}): Program<Name> {
  checkRecord("compile: outputs", outputs);
  checkOptions<CompileOptions>("compile", options, { into: 1, effects: 1, arguments: 1 });
  const { into = [], effects = [], arguments: declared = [] } = options;
  const all = { outputs: Object.values(outputs), into, effects, arguments: declared };
  for (const [option, list] of Object.entries<unknown>(all)) {
    if (!Array.isArray(list)) throw new OptionError(`compile: ${option}`, "a list", list);
    for (const entry of list) {
      const value = option === "into" ? entry?.[0] : entry;
      if (!isExpression(value)) throw new OptionError(`compile: ${option}`, "expressions", value);
    }
  }
  const [first] = [...all.outputs, ...into.map(([value]) => value), ...effects] as Expression[];
  if (first === undefined) throw new OptionError("compile: outputs", "expected at least one expression");
  return new Program(first.engine, outputs, options);
}

/** Instructions over a block of memory. `compile` makes them. */
export class Program<Name extends string = string> extends Owner {
  static override get name(): string {
    return "Program";
  }
  readonly engine: Engine;
  /** What the inputs are set through: `program.inputs.x.set(…)`. */
  readonly inputs: Readonly<Record<string, Tensor>>;
  /** What a run leaves: views of the program's block, which the next run overwrites. */
  readonly outputs: { readonly [N in Name]: Tensor };
  /** Of the block: values and scratch. */
  readonly bytes: number;
  /** What is computed, in this order: `describeProgram` shows it. */
  readonly instructions: readonly Node[];
  /** Where every value is stored in the block. */
  readonly plan: Plan;
  readonly #block: Block;
  readonly #nodes: readonly Node[];
  /** What can be bound, by name; `node` where something reads it. */
  readonly #arguments: ReadonlyMap<string | undefined, Argument>;
  /** How many of them are read. */
  readonly #read: number;
  /** Tensors of others that it writes to. */
  readonly #written: readonly Tensor[];
  #bound: ReadonlyMap<Node, Tensor | SparseMatrix> = new Map();
  #steps: readonly (() => void)[] = [];
  /** The instruction that each step belongs to. */
  #instructionOf: readonly Node[] = [];
  /** Tensors of others that the program reads or writes. */
  #foreign: readonly Tensor[] = [];

  constructor(engine: Engine, outputs: Expressions<Name>, options: CompileOptions) {
    super();
    const { into = [], effects = [], arguments: declared = [] } = options;
    const values = into.map(([value]) => value);
    const asked = Object.values<Expression>(outputs);
    if ([...asked, ...values, ...effects].some((root) => root.engine !== engine)) {
      throw new EngineMismatchError("compile", "a value");
    }
    checkTargets(engine, into);
    const before = graphOf(engine, [...asked, ...values], effects);
    checkLeaves(before);
    checkEffects(before);
    const targets = into.flatMap(([, target]) => tensorsOf(target));
    this.#written = [...targets, ...changedBy(before.effects)];
    const wanted = asked.map((value) => asBefore(value, this.#written));
    const moved = into.map(([value, target]) => [asBefore(value, targets), target] as const);
    const { direct, assigned } = destinations(engine, wanted, moved, effects);
    const graph = graphOf(engine, [...wanted, ...direct.map(([value]) => value)], [...assigned, ...effects]);
    for (const [value, target] of direct) (graph.outputs.get(value) as Node).into = target;
    const fused = fuse(graph);
    const nodes = (engine.fusion as ElementwiseFusion | undefined)?.fuse(engine, fused) ?? fused;
    const results = new Set(wanted.map((value) => graph.outputs.get(value) as Node));

    this.engine = engine;
    this.#nodes = nodes;
    const read = nodes.filter(({ origin }) => origin.kind === "argument");
    this.#read = read.length;
    this.#arguments = new Map<string | undefined, Argument>([
      ...declared.map((spec) => [spec.name, { spec }] as const),
      ...read.map((node) => [node.name, { spec: node.spec, node }] as const),
    ]);
    this.plan = planMemory(nodes, results, changedBy(graph.effects));
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
        Object.keys(outputs).map((name, i) => [
          name,
          this.#tensorOf(graph.outputs.get(wanted[i] as Expression) as Node, name),
        ]),
      ) as { [N in Name]: Tensor };
      for (const node of nodes) if (node.origin.kind === "constant") this.#tensorOf(node).data[0] = node.origin.value;
      if (this.#read === 0) this.#ready();
    } catch (error) {
      this.#block.free();
      throw error;
    }
    engine.watch?.begin(this, `program of ${Object.keys(outputs).join(", ") || "updates"}`, this.bytes);
  }

  /**
   * Tells the program its arguments. The same tensors again cost nothing; others make its calls ready anew. Nothing is bound
   * by a call that throws.
   *
   * @param tensors one of the right shape and dtype for each argument, by name; all of them the first time. One that nothing
   *   reads need not be bound, and changes nothing.
   * @throws {ShapeError} another shape, or sparse rows that are wider than the argument's
   * @throws {DTypeError} another dtype
   * @throws {OptionError} a name that is not an argument, dense rows for sparse ones, or memory that the program writes to: copy
   *   it first
   * @throws {EngineMismatchError} a tensor of another engine
   * @throws {DisposedError} a tensor that was disposed
   */
  bind(tensors: Readonly<Record<string, Tensor | SparseMatrix>>): void {
    checkRecord("bind: tensors", tensors);
    let bound: Map<Node, Tensor | SparseMatrix> | undefined;
    for (const name in tensors) {
      const [argument, tensor] = [this.#arguments.get(name), tensors[name] as Tensor | SparseMatrix];
      if (argument === undefined)
        throw new OptionError(
          `bind: ${name}`,
          `not an argument; they are: ${[...this.#arguments.keys()].join(", ") || "none"}`,
        );
      const { node, spec } = argument;
      if (node !== undefined && this.#bound.get(node) === tensor) continue;
      checkSpec("bind", name, spec, tensor, this.engine);
      if (node === undefined) continue;
      if (tensor instanceof SparseMatrix && tensor.maxRowNonzeros > (spec.maxRowNonzeros ?? 0))
        throw new ShapeError("bind", name, `at most ${spec.maxRowNonzeros} nonzeros a row`, `${tensor.maxRowNonzeros}`);
      this.#checkApart(name, tensor);
      bound ??= new Map(this.#bound);
      bound.set(node, tensor);
    }
    if (bound === undefined) return;
    const before = this.#bound;
    this.#bound = bound;
    try {
      if (bound.size === this.#read) this.#ready();
    } catch (error) {
      this.#bound = before;
      throw error;
    }
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
    if (this.#bound.size < this.#read) throw new OptionError("run", "bind every argument first");
    for (const tensor of this.#foreign) if (tensor.isDisposed) throw new DisposedError(tensor.describe(), "run");
    let at = 0;
    try {
      for (const steps = this.#steps; at < steps.length; at++) (steps[at] as () => void)();
    } catch (error) {
      const { operation } = (this.#instructionOf[at] as Node).origin as Computed;
      throw this.engine.failureOf(operation.name, error);
    }
  }

  /** How many instructions it has, and its outputs; `describeProgram` shows the instructions. */
  override toString(): string {
    return `Program of ${this.instructions.length} instructions: ${Object.values(this.outputs).join(", ")}`;
  }

  /** Gives the block back; tensors of others are left alone. A second call does nothing. */
  dispose(): void {
    this.engine.watch?.end(this);
    this.engine.team?.release(this);
    this.#block.free();
  }

  /** The values of an argument are those before the run: the program must not write to its memory meanwhile. */
  #checkApart(name: string, tensor: Tensor | SparseMatrix): void {
    const { pointer, bytes } = this.#block;
    const isInBlock = tensorsOf(tensor).some((part) => part.pointer < pointer + bytes && pointer < endOf(part));
    if (isInBlock || isWritten(tensor, this.#written))
      throw new OptionError(`bind: ${name}`, "the program writes to its memory; pass a copy of it");
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

  /** Binds every call to the current addresses of its operands. */
  #ready(): void {
    const steps = this.instructions.map((node) => this.#stepsOf(node));
    this.#foreign = [...new Set([...foreignTensors(this.#nodes), ...[...this.#bound.values()].flatMap(tensorsOf)])];
    const flat = steps.flat();
    this.#instructionOf = this.instructions.flatMap((node, i) => steps[i]?.map(() => node) ?? []);
    this.#steps =
      this.engine.team?.stepsFor(this, flat, this.#instructionOf as never, this.#block.pointer, this.#foreign) ??
      flat.map((step) => (typeof step === "function" ? step : this.engine.callable(step)));
  }

  #stepsOf(node: Node): readonly Step[] {
    const { operation, operands, beside } = node.origin as Computed;
    return stepsOf(this.engine, operation, {
      ...unboundOf(node),
      at: operands.map((operand) => this.#bufferOf(operand)),
      out: this.#bufferOf(node),
      beside: beside && this.#bufferOf(beside),
      scratch: this.#block.pointer + this.plan.bytes,
    });
  }

  /** A view shares its operand's memory: no call is needed. */
  #isFree(node: Node): boolean {
    if (!isView(node)) return false;
    const placement = this.plan.placements.get(node);
    return placement?.kind === "view" || (placement?.kind === "block" && placement.isInPlace);
  }

  #bufferOf(node: Node): BufferRef {
    const placement = this.plan.placements.get(node);
    if (placement?.kind === "view") return this.#bufferOf(placement.of);
    if (placement?.kind === "block") {
      const pointer = this.#block.pointer + placement.buffer.offset;
      const { dtype, shape, maxRowNonzeros } = node.spec;
      if (maxRowNonzeros === undefined) return { pointer, columns: 0, values: 0 };
      const { columns, values } = sparseLayout(shape, dtype, maxRowNonzeros);
      return { pointer, columns: pointer + columns, values: pointer + values };
    }
    const foreign = node.into ?? (node.origin.kind === "tensor" ? node.origin.tensor : this.#bound.get(node));
    return bufferOf(foreign as Tensor | SparseMatrix);
  }

  /** A node's value as a tensor: a view of the block, or the tensor that it is. */
  #tensorOf(node: Node, name = node.name): Tensor {
    const placement = this.plan.placements.get(node);
    const tensor = node.into ?? (node.origin.kind === "tensor" ? node.origin.tensor : undefined);
    if (tensor instanceof Tensor) return tensor.part(0, tensor.shape, name);
    if (placement?.kind === "view") return (this.#tensorOf(placement.of) as Tensor).part(0, node.spec.shape, name);
    if (placement?.kind !== "block" || node.spec.maxRowNonzeros !== undefined) {
      throw new OptionError("compile: outputs", "sparse rows cannot be an output: write them `into` a SparseMatrix");
    }
    const storage = { block: this.#block, offset: placement.buffer.offset, role: "view" } as const;
    return new Tensor<DType>(this.engine, storage, { dtype: node.spec.dtype, shape: node.spec.shape, name });
  }
}

/**
 * Which values their instruction can write to the caller's tensors, and which are copied there when nothing reads the
 * old content any more: those whose target the program reads, those that are leaves, those that effects or views read, and
 * a second target of one value.
 */
function destinations(
  engine: Engine,
  wanted: readonly Expression[],
  into: readonly Destination[],
  effects: readonly Expression[],
): { readonly direct: readonly Destination[]; readonly assigned: readonly Expression[] } {
  const { nodes, outputs } = graphOf(engine, [...wanted, ...into.map(([value]) => value)], effects);
  // What only effects read is not meant: they run when everything has been written.
  const read = nodes.flatMap((node) => (isEffect(node) ? [] : operandsOf(node)));
  // A view outlives its instruction, and effects come when others may have changed a target.
  const kept = nodes.flatMap((node) => (isEffect(node) || isView(node) ? operandsOf(node) : []));
  const direct: Destination[] = [];
  const assigned: Expression[] = [];
  const taken = new Set<Node | undefined>([...wanted.map((value) => outputs.get(value)), ...kept]);
  for (const [value, target] of into) {
    const node = outputs.get(value);
    const isRead = read.some((leaf) => readsAny(leaf, tensorsOf(target)));
    const isDirect = node?.origin.kind === "computed" && !isRead && !taken.has(node);
    taken.add(node);
    if (isDirect) direct.push([value, target]);
    else if (target instanceof Tensor) assigned.push(effect(ASSIGN, target, [value], {}));
    else throw new OptionError("compile: into", "sparse rows need a value that is computed for them alone");
  }
  return { direct, assigned };
}

/** An expression has the engine of its operands, so that the leaves are enough. */
function checkLeaves({ engine, nodes }: Graph): void {
  for (const { origin, spec } of nodes) {
    if (origin.kind === "tensor") checkSpec("compile", "a tensor", spec, origin.tensor, engine);
  }
}

function scratchOf(engine: Engine, node: Node): number {
  const { origin } = node;
  return origin.kind === "computed" ? scratchBytesOf(engine, origin.operation, unboundOf(node)) : 0;
}

function unboundOf({ spec, origin }: Node): UnboundCall {
  const { operands, attributes } = origin as Computed;
  return {
    attributes,
    specs: operands.map((operand) => operand.spec) as unknown as PerOperand<TensorSpec>,
    result: spec,
  };
}

function foreignTensors(nodes: readonly Node[]): Tensor[] {
  const tensors = nodes.flatMap(({ origin, into }) => {
    const of = into ?? (origin.kind === "tensor" ? origin.tensor : undefined);
    return of === undefined ? [] : tensorsOf(of);
  });
  return [...new Set(tensors)];
}
