/** The public functions on tensors and expressions, on the build with assertions: an assertion that fires is a crash. */

import { DisposedError, LanegradError } from "../../../src/errors.ts";
import * as lanegrad from "../../../src/index.ts";
import { compile, gradientsOf } from "../../../src/index.ts";
import * as linalg from "../../../src/ops/linalg/index.ts";
import { Expression } from "../../../src/tensor/expression.ts";
import { SparseMatrix } from "../../../src/tensor/sparse.ts";
import { Tensor } from "../../../src/tensor/tensor.ts";
import { Engine } from "../../../src/wasm/engine.ts";
import { TrapError } from "../../../src/wasm/errors.ts";
import { type Argument, type Call, CallDraw } from "../calls.ts";
import { digest, Fields } from "../fields.ts";
import { type Target, WrongAnswer } from "../target.ts";

/** Of a field while a call is made: NaN in the floats, -1 in int32; and small numbers everywhere. */
const PATTERNS = [0xff, 0x01] as const;
/** Programs of larger results are not run. */
const MAX_ELEMENTS = 20_000;
const MAX_MEMORY_BYTES = 2 ** 26;

type Callable = (...args: readonly unknown[]) => unknown;
const FUNCTIONS = { ...lanegrad, ...linalg } as unknown as Readonly<Record<string, Callable>>;
const METHODS: ReadonlySet<string> = new Set(["part", "rows", "set", "toArray"]);

/** Arguments that a function writes, by their places. */
const WRITTEN: Readonly<Record<string, number>> = { axpy: 2, fill: 0, copy: 1, gatherRows: 2, sparseAxpy: 3, set: 0 };

/** Two engines with their fields; new ones after a trap. */
type Bench = { readonly fields: Fields; readonly others: Fields };

async function bench(): Promise<Bench> {
  const [engine, other] = await Promise.all([Engine.load({ build: "debug" }), Engine.load({ build: "debug" })]);
  return { fields: new Fields(engine), others: new Fields(other) };
}

export const tensors: Target = {
  name: "tensors",
  about: "calls of the public functions on tensors and expressions, on the build with assertions",
  refusals: [LanegradError],
  bytesPerByte: 8192, // calls are short; programs are not
  async open() {
    let { fields, others } = await bench();
    const run = (call: Call) => {
      try {
        attempt(call, { fields, others });
      } catch (error) {
        if (!(error instanceof TrapError)) throw error;
        return bench().then((fresh) => {
          ({ fields, others } = fresh);
          throw error;
        });
      }
      return undefined;
    };
    return {
      next(draw) {
        const call = new CallDraw(draw).call();
        const bytes = () => new TextEncoder().encode(JSON.stringify(call, spelled, 1));
        return { size: 512, bytes, run: () => run(call) };
      },
      close() {
        fields.engine.dispose();
        others.engine.dispose();
      },
    };
  },
};

/** JSON has no NaN, and no typed arrays. */
function spelled(_: string, value: unknown): unknown {
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  return ArrayBuffer.isView(value) ? `${value.constructor.name} ${value}` : value;
}

/** The call in fields of two patterns: the same result, and nothing changed besides. */
function attempt(call: Call, bench: Bench): void {
  const [first, second] = PATTERNS.map((pattern) => outcome(call, bench, pattern));
  if (first?.text !== second?.text) {
    throw new WrongAnswer(`${call.name}: what lies beside its operands changes the result`);
  }
  if (first?.error instanceof DisposedError && !JSON.stringify(call.args).includes('"disposed"')) {
    throw new WrongAnswer(`${call.name}: ${first.error.message}, but nobody disposed of an operand`);
  }
  if (first?.error !== undefined) throw first.error;
}

type Outcome = { readonly text: string; readonly error?: unknown };

function outcome(call: Call, bench: Bench, pattern: number): Outcome {
  const { fields, others } = bench;
  fields.fill(pattern);
  others.fill(pattern);
  const counted = fields.engine.stats();
  try {
    const args = call.args.map((argument, i) => made(argument, bench, `x${i}`));
    const written = writtenBy(call, args);
    const before = fields.snapshot();
    try {
      const text = performed(call, args);
      const changed = fields.changed(before, written);
      if (changed !== undefined) throw new WrongAnswer(`${call.name} changed ${changed}, which is none of its outputs`);
      return { text: `${text} ${written.map(digest)}` };
    } catch (error) {
      if (!(error instanceof LanegradError) || error instanceof TrapError) throw error;
      const changed = fields.changed(before, []);
      if (changed !== undefined)
        throw new WrongAnswer(`${call.name} refused (${error.message}), and changed ${changed}`);
      return { text: error.message, error };
    }
  } finally {
    fields.clear();
    others.clear();
    checkCounts(call, counted, fields.engine);
  }
}

function checkCounts({ name }: Call, before: lanegrad.EngineStats, engine: Engine): void {
  const { tensors, bytes, memoryBytes } = engine.stats();
  if (tensors !== before.tensors) throw new WrongAnswer(`${name} leaves ${tensors - before.tensors} tensors behind`);
  if (bytes !== before.bytes) throw new WrongAnswer(`${name} leaves ${bytes - before.bytes} bytes behind`);
  if (memoryBytes > MAX_MEMORY_BYTES) throw new WrongAnswer(`${name}: memory has grown to ${memoryBytes} bytes`);
}

/** Makes the call, looks at what it gave, and disposes of it. */
function performed({ name, args: given, isCompiled }: Call, args: readonly unknown[]): string {
  const [first, ...rest] = args;
  // A thousand million empty lists are what is asked for then.
  if (name === "toArray" && first instanceof Tensor && Math.max(0, ...first.shape) > MAX_ELEMENTS) return "";
  const result = METHODS.has(name)
    ? (first as Readonly<Record<string, Callable>>)[name]?.call(first, ...rest)
    : FUNCTIONS[name.split(" ", 1)[0] ?? ""]?.(...args);
  const parts = isOne(result) ? [result] : Object.values(result ?? {});
  const texts = parts.map((part) => {
    if (part instanceof Expression) return isCompiled ? ran(part, given, args) : part.describe();
    return digest(part);
  });
  for (const part of parts) {
    const isNew = !args.some((arg) => arg === part || Object.values(arg ?? {}).includes(part));
    if (isNew && (part instanceof Tensor || part instanceof SparseMatrix)) part.dispose();
  }
  return texts.join();
}

/** Not several results, in an array or by name. */
function isOne(result: unknown): boolean {
  if (typeof result !== "object" || result instanceof Expression) return true;
  return result instanceof Tensor || result instanceof SparseMatrix;
}

/** A program of the expression, and of its gradients by the operands that are expressions themselves. */
function ran(result: Expression, given: readonly Argument[], args: readonly unknown[]): string {
  if (result.size > MAX_ELEMENTS) return result.describe();
  const outputs: Record<string, Expression> = result.maxRowNonzeros === undefined ? { result } : {};
  const leaves = args.filter((arg) => arg instanceof Expression);
  if (result.dtype.startsWith("float") && result.maxRowNonzeros === undefined && given.length > 0) {
    const wrt = leaves.filter((leaf) => leaf.dtype.startsWith("float") && leaf.size <= MAX_ELEMENTS);
    const loss = lanegrad.sum(result as Expression<"float32">);
    for (const [i, gradient] of gradientsOf(loss, wrt).entries()) outputs[`gradient${i}`] = gradient;
  }
  using program = compile(outputs);
  for (const values of Object.values(program.inputs)) values.data.fill(1);
  program.run();
  return Object.values(program.outputs).map(digest).join();
}

function writtenBy({ name, args: given }: Call, args: readonly unknown[]): Tensor[] {
  const options = args.filter((_, i) => given[i]?.kind === "options").flatMap((entry) => Object.values(entry ?? {}));
  const place = WRITTEN[name];
  return [...options, ...(place === undefined ? [] : [args[place]])].filter((arg) => arg instanceof Tensor);
}

function made(argument: Argument, bench: Bench, name: string): unknown {
  const { fields, others } = bench;
  switch (argument.kind) {
    case "tensor":
      return (argument.state === "in another engine" ? others : fields).place(argument, name);
    case "sparse":
      return fields.sparse(argument);
    case "list":
      return argument.items.map((item, i) => made(item, bench, `${name}_${i}`));
    case "options":
      return Object.fromEntries(argument.entries.map(([key, value]) => [key, made(value, bench, key)]));
    case "plain":
      return argument.value === "engine" ? fields.engine : argument.value;
    default:
      return argument satisfies never;
  }
}
