/**
 * Random programs against the same operations one by one: the same bits in every output, every target and everything that an
 * effect changes, twice, and not a byte changed elsewhere. Programs whose targets or effects are wrong must be refused.
 */
import { describeProgram } from "../../../src/autodiff/describe.ts";
import { fuse } from "../../../src/autodiff/fuse.ts";
import { graphOf } from "../../../src/autodiff/graph.ts";
import { compile, type Program } from "../../../src/autodiff/program.ts";
import { LanegradError } from "../../../src/errors.ts";
import { ASSIGN, effect } from "../../../src/ops/update.ts";
import type { Expression } from "../../../src/tensor/expression.ts";
import { SparseMatrix } from "../../../src/tensor/sparse.ts";
import { Tensor, zeros } from "../../../src/tensor/tensor.ts";
import { Engine } from "../../../src/wasm/engine.ts";
import { TrapError } from "../../../src/wasm/errors.ts";
import { type Build, supports } from "../../../src/wasm/load.ts";
import { Draw } from "../draw.ts";
import { digest } from "../fields.ts";
import { Arena, bitsOf, bytesOf, isShared } from "../programs/arena.ts";
import { GraphDraw } from "../programs/graph_draw.ts";
import { PlanDraw } from "../programs/plan.ts";
import { Reference } from "../programs/reference.ts";
import { type Target, WrongAnswer } from "../target.ts";

/** One case in so many runs on each of the builds behind the first: with assertions, by the reference kernels, with fused arithmetic. */
const SHARE = 16;
const BUILDS: readonly Build[] = supports("relaxed") ? ["simd", "debug", "js", "relaxed"] : ["simd", "debug", "js"];
/** Of the blocks beside a program's. */
const BYSTANDER_BYTES = 64;
const BYSTANDER = 0x5a;
const RUNS = 2;

type Sizes = {
  readonly steps: readonly [number, number];
  readonly gradients: number;
  /** The most that a case may take: it is compiled, run, and run again operation by operation. */
  readonly milliseconds: number;
};

/** Small graphs: a million of them in a session. */
export const programs: Target = targetOf("programs", "programs of 1 to 4 operations, their targets and effects", {
  steps: [1, 4],
  gradients: 0.3,
  milliseconds: 50,
});

/** Deep ones. */
export const graphs: Target = targetOf("graphs", "programs of about 20 operations, shared, fused and in place", {
  steps: [15, 25],
  gradients: 0.7,
  milliseconds: 250,
});

function targetOf(name: string, about: string, sizes: Sizes): Target {
  return {
    name,
    about,
    refusals: [LanegradError],
    bytesPerByte: 32_768, // a case is two numbers, its program is not
    milliseconds: sizes.milliseconds,
    async open() {
      const open = async () => {
        const [other, ...engines] = await Promise.all(
          (["simd", ...BUILDS] as const).map((build) => Engine.load({ build })),
        );
        return { arenas: engines.map((engine) => new Arena(engine)), other: other as Engine };
      };
      let { arenas, other } = await open();
      const run = (seed: number, index: number, texts?: string[]) => {
        const draw = new Draw().start(seed, index);
        const which = draw.below(SHARE) + 1;
        const arena = arenas[which < BUILDS.length ? which : 0] as Arena;
        try {
          attempt(draw, { arena, other, sizes }, texts);
        } catch (error) {
          if (!(error instanceof TrapError)) throw error;
          return open().then((fresh) => {
            ({ arenas, other } = fresh);
            throw error;
          });
        }
        return undefined;
      };
      return {
        next(draw) {
          const [seed, index] = [draw.bits(), draw.bits()];
          const bytes = () => {
            const texts: string[] = [];
            try {
              run(seed, index, texts);
            } catch {}
            return new TextEncoder().encode(texts.join("\n"));
          };
          return { size: 512, bytes, run: () => run(seed, index) };
        },
        close() {
          for (const arena of arenas) arena.engine.dispose();
          other.dispose();
        },
      };
    },
  };
}

type Bench = { readonly arena: Arena; readonly other: Engine; readonly sizes: Sizes };

function attempt(draw: Draw, { arena, other, sizes }: Bench, texts?: string[]): void {
  const { engine } = arena;
  const before = engine.stats().tensors;
  arena.clear();
  const graph = new GraphDraw(draw, arena);
  for (let i = draw.between(...sizes.steps); i > 0; i--) graph.step();
  if (draw.chance(sizes.gradients)) graph.differentiate();
  const plan = new PlanDraw(draw, arena, graph, other);
  texts?.push(...graph.texts, `outputs ${Object.keys(plan.outputs)}, ${plan.into.length} into, fault: ${plan.fault}`);
  const low = bystander(engine);
  let failure: unknown;
  try {
    checkProgram(arena, graph, plan, texts);
    checkBystander(low);
  } catch (error) {
    failure = error;
  }
  for (const made of [low, ...plan.owned]) made.dispose();
  if (failure instanceof TrapError) throw failure;
  const after = engine.stats().tensors;
  if (after !== before) throw new WrongAnswer(`${after - before} tensors are left behind`);
  if (failure !== undefined) throw failure;
}

function checkProgram(arena: Arena, graph: GraphDraw, plan: PlanDraw, texts?: string[]): void {
  const { outputs, into, effects, fault } = plan;
  if (Object.keys(outputs).length + into.length + effects.length === 0) return;
  arena.level();
  let program: Program | undefined;
  try {
    program = compile(outputs, { into, effects, arguments: graph.arguments.map(({ leaf }) => leaf) });
  } catch (error) {
    if (!(error instanceof LanegradError) || error instanceof TrapError) throw error;
    if (fault === undefined) throw new WrongAnswer(`refused, though nothing is wrong: ${error.message}`);
    const changed = arena.difference();
    if (changed !== undefined) throw new WrongAnswer(`refused (${error.message}), and changed ${changed}`);
    throw error;
  }
  const high = bystander(arena.engine);
  try {
    if (fault !== undefined) throw new WrongAnswer(`compiled, though it is wrong: ${fault}`);
    texts?.push(describeProgram(program));
    for (let run = 0; run < RUNS; run++) checkRun(arena, graph, plan, program, run);
    checkBystander(high);
    arena.engine.checkMemory();
  } finally {
    high.dispose();
    program.dispose();
  }
}

/** One run, held against the operations one by one. */
function checkRun(arena: Arena, graph: GraphDraw, plan: PlanDraw, program: Program, run: number): void {
  const given = new Map<Expression, readonly number[] | Tensor>();
  for (const { leaf, values } of graph.inputs) given.set(leaf, values[run] as readonly number[]);
  for (const { leaf, tensors } of graph.arguments) given.set(leaf, tensors[run] as Tensor);
  for (const [leaf, value] of given) {
    if (value instanceof Tensor) bind(arena, plan, program, leaf, value);
    else program.inputs[leaf.name ?? ""]?.data.set(value);
  }
  arena.level();
  const reference = referenceOf(arena, plan, given);
  try {
    takeSteps(reference.of, reference.isMet, graph);
    const wanted = Object.entries(plan.outputs).map(([name, value]) => [name, reference.of.valueOf(value)] as const);
    const written = plan.into.map(([value, target]) => [reference.of.valueOf(value), target] as const);
    const bits = wanted.map(([name, value]) => [name, bitsOf(value as Tensor)] as const);
    for (const [value, target] of written) {
      if (value instanceof Tensor && target instanceof Tensor) bytesOf(arena.twinOf(target)).set(bytesOf(value));
    }
    for (const each of plan.effects) reference.of.perform(each, (tensor) => arena.twinOf(tensor));
    program.run();
    const changed = arena.difference();
    if (changed !== undefined) throw new WrongAnswer(`run ${run}: ${changed}`);
    for (const [name, expected] of bits) {
      const output = program.outputs[name] as Tensor;
      if (bitsOf(output) !== expected)
        throw new WrongAnswer(`run ${run}: output ${name} is ${output.data.slice(0, 8)}`);
    }
    for (const [value, target] of written) {
      const isWrong = target instanceof SparseMatrix && digest(target) !== digest(value);
      if (isWrong) throw new WrongAnswer(`run ${run}: sparse rows are others`);
    }
  } finally {
    reference.of.dispose();
  }
}

function bind(arena: Arena, { written }: PlanDraw, program: Program, leaf: Expression, tensor: Tensor): void {
  const region = arena.regionOf(tensor);
  const isWritten = written.some((other) => isShared(region, other));
  try {
    program.bind({ [leaf.name ?? ""]: tensor });
  } catch (error) {
    if (error instanceof LanegradError && !isWritten) throw new WrongAnswer(`not bound: ${error.message}`);
    throw error;
  }
  if (isWritten && isRead(program, leaf)) throw new WrongAnswer("an argument that is written to was bound");
}

function isRead(program: Program, leaf: Expression): boolean {
  return program.instructions.some(
    ({ origin }) => origin.kind === "computed" && origin.operands.some((operand) => operand.name === leaf.name),
  );
}

function referenceOf(arena: Arena, plan: PlanDraw, given: ReadonlyMap<Expression, readonly number[] | Tensor>) {
  const { engine } = arena;
  const values = plan.into.flatMap(([value, target]) => (target instanceof Tensor ? [] : [value]));
  const assigned = plan.into.flatMap(([value, target]) =>
    target instanceof Tensor ? [effect(ASSIGN, target, [value], {})] : [],
  );
  const graph = graphOf(engine, [...Object.values(plan.outputs), ...values], [...assigned, ...plan.effects]);
  fuse(graph);
  const made: Tensor[] = [];
  const of = new Reference(engine, graph, (leaf) => {
    const value = given.get(leaf);
    if (value instanceof Tensor) return value;
    const input = zeros(engine, leaf.shape, { dtype: leaf.dtype });
    input.data.set(value as readonly number[]);
    made.push(input);
    return input;
  });
  const dispose = of.dispose.bind(of);
  of.dispose = () => {
    dispose();
    for (const each of made) each.dispose();
  };
  return { of, isMet: (expression: Expression) => graph.outputs.has(expression) };
}

/** Every step whose value the program needs, by the function that a caller would use on tensors. */
function takeSteps(reference: Reference, isMet: (expression: Expression) => boolean, { steps }: GraphDraw): void {
  for (const { text, result, operands, atOnce } of steps) {
    if (atOnce === undefined || !isMet(result) || reference.isFused(result)) continue;
    using now = atOnce(...operands.map((operand) => reference.valueOf(operand))) as Tensor;
    const node = reference.valueOf(result);
    if (node instanceof Tensor && bitsOf(node) !== bitsOf(now)) throw new WrongAnswer(`${text}: another value at once`);
  }
}

function bystander(engine: Engine): Tensor {
  const made = zeros(engine, [BYSTANDER_BYTES], { dtype: "uint8" });
  made.data.fill(BYSTANDER);
  return made;
}

function checkBystander(tensor: Tensor): void {
  if (tensor.data.some((byte) => byte !== BYSTANDER)) throw new WrongAnswer("a bystander changed");
}
