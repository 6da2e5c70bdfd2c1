/**
 * What a random program writes: targets and effects, right ones and wrong ones. Whether a program must be refused follows from
 * where its tensors lie in the arena, without asking the library.
 */
import { ADAPTIVE, ADVANCE, ASSIGN, CLIP_NORM, CLIP_VALUE, effect, MOMENTUM, SGD } from "../../../src/ops/update.ts";
import type { Expression } from "../../../src/tensor/expression.ts";
import { isSameShape } from "../../../src/tensor/layout.ts";
import type { Operation, Attributes as OperationAttributes } from "../../../src/tensor/operation.ts";
import { SparseMatrix } from "../../../src/tensor/sparse.ts";
import { Tensor, zeros } from "../../../src/tensor/tensor.ts";
import type { DType } from "../../../src/wasm/dtype.ts";
import type { Engine } from "../../../src/wasm/engine.ts";
import type { Draw } from "../draw.ts";
import { type Arena, isShared, type Region } from "./arena.ts";
import type { GraphDraw } from "./graph_draw.ts";

export type Target = Tensor | SparseMatrix;

/** What a program is compiled of, and why it must be refused, where it must. */
export class PlanDraw {
  readonly #draw: Draw;
  readonly #arena: Arena;
  readonly #graph: GraphDraw;
  readonly #other: Engine;
  readonly outputs: Record<string, Expression> = {};
  readonly into: [Expression, Target][] = [];
  readonly effects: Expression[] = [];
  /** Regions that the program writes to. */
  readonly written: Region[] = [];
  /** What was made outside of the arena. */
  readonly owned: { dispose(): void }[] = [];
  fault: string | undefined;

  constructor(draw: Draw, arena: Arena, graph: GraphDraw, other: Engine) {
    this.#draw = draw;
    this.#arena = arena;
    this.#graph = graph;
    this.#other = other;
    for (let i = draw.below(4); i >= 0; i--) this.#output(`y${i}`);
    for (let i = draw.pick([0, 0, 1, 2, 3]); i > 0; i--) this.#destination();
    for (let i = draw.pick([0, 0, 0, 1, 2]); i > 0; i--) this.#effect();
    if (draw.chance(0.15) && graph.sparse[0] !== undefined) this.#sparseDestination(graph.sparse[0]);
    if (draw.chance(0.02)) this.#misplaced();
  }

  #output(name: string): void {
    const value = this.#graph.any();
    if (baseOf(value).source.kind !== "argument") this.outputs[name] = value;
  }

  #destination(): void {
    const draw = this.#draw;
    const value = this.#graph.any();
    const { dtype, shape } = value;
    const alike = this.#graph.tensors.filter((tensor) => tensor.dtype === dtype && isSameShape(tensor.shape, shape));
    const choice = draw.below(20);
    if (choice < 6 && alike.length > 0) this.#to(value, draw.pick(alike));
    else if (choice < 8) this.#to(value, this.#upon(dtype, shape));
    else if (choice < 17) this.#to(value, this.#graph.tensor(dtype, shape));
    else this.#wrong(value);
  }

  #to(value: Expression, target: Tensor | undefined): void {
    if (target === undefined) return;
    const region = this.#arena.regionOf(target);
    if (this.written.some((other) => isShared(region, other))) this.fault ??= "targets overlap";
    this.written.push(region);
    this.into.push([value, target]);
  }

  /** A tensor that may share elements with others. */
  #upon(dtype: DType, shape: readonly number[]): Tensor | undefined {
    const tensors = this.#graph.tensors.filter((tensor) => tensor.dtype === dtype);
    if (tensors.length === 0) return undefined;
    const { start } = this.#arena.regionOf(this.#draw.pick(tensors));
    return this.#arena.tensor({ dtype, shape, start: Math.max(0, start + this.#draw.between(-2, 2)) });
  }

  #wrong(value: Expression): void {
    const draw = this.#draw;
    const { dtype, shape } = value;
    const { engine } = this.#arena;
    const add = (target: Target | undefined, fault: string, of: Expression | undefined = value) => {
      if (target === undefined || of === undefined) return;
      this.fault ??= fault;
      this.into.push([of, target]);
    };
    switch (draw.below(6)) {
      case 0: {
        const other = draw.pick([[...shape, 1], [1, ...shape], shape.slice(1), [...shape].reverse(), [0], [2, 2]]);
        if (!isSameShape(other, shape)) add(this.#graph.tensor(dtype, other), "shape");
        break;
      }
      case 1: {
        const other = draw.pick((["float32", "float64", "int32", "uint8"] as const).filter((each) => each !== dtype));
        add(this.#graph.tensor(other, shape, 3), "dtype");
        break;
      }
      case 2: {
        const target = this.#graph.tensor(dtype, shape);
        target?.dispose();
        add(target, "disposed");
        break;
      }
      case 3:
        add(this.#own(zeros(this.#other, shape, { dtype })), "engine");
        break;
      case 4:
        add(this.#own(new SparseMatrix(engine, [1, 1], { dtype, maxRowNonzeros: 1 })), "density");
        break;
      default: {
        const [rows] = this.#graph.sparse;
        add(rows && this.#graph.tensor(rows.dtype, rows.shape), "density", rows);
      }
    }
  }

  #sparseDestination(rows: Expression): void {
    const { maxRowNonzeros = 0, dtype } = rows;
    const [m = 0, k = 0] = rows.shape;
    const draw = this.#draw;
    const shape = draw.chance(0.9) ? ([m, k] as const) : ([m + 1, k] as const);
    const room = draw.chance(0.9) ? maxRowNonzeros + draw.below(2) : maxRowNonzeros - 1;
    const capacity = m * maxRowNonzeros + draw.pick([0, 0, 0, 1, -1]);
    if (shape[0] !== m || room < maxRowNonzeros || capacity < m * maxRowNonzeros) this.fault ??= "sparse room";
    if (room < 0 || capacity < 0) return;
    this.into.push([
      rows,
      this.#own(new SparseMatrix(this.#arena.engine, shape, { dtype, maxRowNonzeros: room, capacity })),
    ]);
  }

  #effect(): void {
    const draw = this.#draw;
    const graph = this.#graph;
    if (draw.chance(0.3)) graph.gradientLike();
    const value = draw.chance(0.3) ? (graph.values.at(-1) as Expression) : graph.any();
    const { dtype, shape } = value;
    const alike = graph.tensors.filter((tensor) => tensor.dtype === dtype && isSameShape(tensor.shape, shape));
    const own = () => (draw.chance(0.3) && alike.length > 0 ? draw.pick(alike) : graph.tensor(dtype, shape));
    const w =
      draw.chance(0.5) && alike.length > 0 ? draw.pick(alike) : draw.chance(0.1) ? this.#upon(dtype, shape) : own();
    const hyperparameters = this.#hyperparameters();
    if (w === undefined || hyperparameters === undefined) return;
    const [v, m] = [own(), own()];
    switch (draw.below(8)) {
      case 0:
        this.#does(ASSIGN, {}, [w, value], [0]);
        break;
      case 1:
        this.#does(CLIP_VALUE, { limit: draw.pick([1, 0.5]) }, [w], [0]);
        break;
      case 2:
        this.#does(CLIP_NORM, { limit: draw.pick([1, 3]) }, [w], [0]);
        break;
      case 3:
        this.#does(ADVANCE, {}, [graph.tensor("int32", [2], 5)], [0]);
        break;
      case 4:
        this.#does(MOMENTUM, {}, [w, hyperparameters, value, v], [0, 3]);
        break;
      case 5:
        if (draw.chance(0.5)) this.#does(ADAPTIVE, {}, [w, hyperparameters, value, v], [0, 3]);
        else this.#does(ADAPTIVE, {}, [w, hyperparameters, value, v, draw.chance(0.9) ? m : v], [0, 3, 4]);
        break;
      default:
        this.#does(SGD, {}, [w, hyperparameters, value], [0]);
    }
  }

  /** An effect of these operands, where the arena had room for all of them; `changes` counts those that it changes. */
  #does<A extends OperationAttributes>(
    operation: Operation<A>,
    attributes: A,
    operands: readonly (Tensor | Expression | undefined)[],
    changes: readonly number[],
  ): void {
    const [w, ...rest] = operands.filter((operand) => operand !== undefined);
    if (!(w instanceof Tensor) || rest.length + 1 < operands.length) return;
    const tensors = operands.map((operand) => {
      if (operand === undefined || operand instanceof Tensor) return operand;
      return operand.source.kind === "tensor" ? (operand.source.tensor as Tensor) : undefined;
    });
    const regions = tensors.map((tensor) => tensor && this.#arena.regionOf(tensor));
    for (const i of changes) {
      for (const [j, other] of regions.entries()) {
        const isItself = tensors[i] === tensors[j] && !changes.includes(j);
        if (i === j || other === undefined || isItself) continue;
        if (isShared(regions[i] as Region, other) || tensors[i] === tensors[j])
          this.fault ??= "operands of an effect overlap";
      }
      this.written.push(regions[i] as Region);
    }
    this.effects.push(effect(operation, w, rest, attributes));
    this.#graph.texts.push(
      `${operation.name} of ${regions.map((region) => region && `${region.dtype} ${region.start}`)}`,
    );
  }

  #hyperparameters(): Tensor | undefined {
    const hyperparameters = this.#graph.tensor("float64", [8]);
    for (let i = 0; i < (hyperparameters?.size ?? 0); i++)
      (hyperparameters as Tensor).data[i] = this.#draw.pick([0, 0.5, 1, 2, 0.1]);
    return hyperparameters;
  }

  /** An effect among values, or a value among effects. */
  #misplaced(): void {
    const [first] = this.effects;
    this.fault ??= "misplaced effect";
    if (first === undefined) this.effects.push(this.#graph.any());
    else if (this.#draw.chance(0.5)) this.outputs["effect"] = first;
    else this.into.push([first, this.#graph.tensors[0] ?? (first as never)]);
  }

  #own<T extends { dispose(): void }>(made: T): T {
    this.owned.push(made);
    return made;
  }
}

/** What a value is a view of. */
function baseOf(value: Expression): Expression {
  const { source } = value;
  return source.kind === "applied" && source.operation.isView ? baseOf(source.operands[0] as Expression) : value;
}
