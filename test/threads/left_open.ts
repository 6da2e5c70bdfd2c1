/** A program that does not dispose of its engine. */
import { compile, Engine, input, matmul } from "../../src/index.ts";

const engine = await Engine.load({ threads: 2 });
const x = input(engine, [256, 256], { name: "x" });
const program = compile({ y: matmul(x, x) });
for (let i = 0; i < 10; i++) program.run();
console.log(`${engine.stats().threads} threads`);
