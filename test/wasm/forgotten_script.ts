/** Forgets tensors, a program and a network, disposes of others, and prints what `engine.forgotten` found. */
import { compile, dense, Engine, input, network, sequential, square, sum, tensor } from "../../src/index.ts";

declare const gc: () => void;

const build = process.argv[2] as "debug" | "simd";
const engine = await Engine.load({ build });
const kept = tensor(engine, [1, 2, 3], { name: "kept" });

function forget(): void {
  for (let i = 0; i < 3; i++) tensor(engine, [i, i], { name: "forgotten" });
  tensor(engine, [1, 2], { name: "base" }).rows(0, 1);
  compile({ loss: sum(square(input(engine, [3], { name: "x" }))) });
  network(engine, sequential(dense(2, 3)), { seed: 0 });
  tensor(engine, [4], { name: "disposed" }).dispose();
  network(engine, sequential(dense(5, 5)), { seed: 0 }).dispose();
  const rows = kept.rows(0, 1);
  rows.dispose();
}

/** Callbacks of the registry run in turns of their own. */
async function collect(): Promise<void> {
  for (let i = 0; i < 10; i++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

forget();
await collect();
const first = engine.forgotten;
await collect();
const ended = await Engine.load({ build });
tensor(ended, [1]);
ended.dispose();
await collect();
console.log(JSON.stringify({ first, again: engine.forgotten, ended: ended.forgotten, kept: kept.toArray() }));
