/** A short run of every target of `npm run fuzz`, and that the harness itself can find what it looks for. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Draw } from "../scripts/fuzz/draw.ts";
import { runCase, runCases } from "../scripts/fuzz/run.ts";
import { caseOf, type Target } from "../scripts/fuzz/target.ts";
import { TARGETS } from "../scripts/fuzz/targets.ts";
import { OptionError } from "../src/errors.ts";
import { computingTime } from "./support/clock.ts";

const test = suite("fuzz");
const CASES = 200;
const SEED = 7;

for (const target of TARGETS) {
  test(`${target.name}: ${CASES} cases give a value or one of its own errors`, async () => {
    const { cases, accepted, refused, crashes } = await runCases(target, { seed: SEED, cases: CASES });
    assert.equal(crashes, []);
    assert.is(cases, CASES);
    const refusals = [...refused.values()].reduce((sum, times) => sum + times, 0);
    assert.is(accepted + refusals, CASES);
    assert.ok(accepted > 0 && refusals > 0, `${accepted} accepted, ${refusals} refused: both ends are met`);
  });
}

test("a case is the same whatever came before it", () => {
  for (const target of TARGETS.filter(({ name }) => ["idx", "npy", "safetensors", "csv"].includes(name))) {
    const source = target.open();
    if (source instanceof Promise) continue;
    const bytesOf = (draw: Draw, index: number) => [...source.next(draw.start(SEED, index)).bytes()];
    const draw = new Draw();
    const [first, second] = [bytesOf(draw, 0), bytesOf(draw, 1)];
    assert.equal(bytesOf(new Draw(), 1), second, target.name);
    assert.not.equal(first, second, target.name);
    assert.not.equal(bytesOf(new Draw(), 0), [...source.next(draw.start(SEED + 1, 0)).bytes()], target.name);
  }
});

/** A target that does this with the first byte of its input. */
function targetOf(act: (byte: number) => unknown): Target {
  return {
    ...{ name: "made up", about: "", bytesPerByte: 8, refusals: [OptionError] },
    open: () => ({ next: (draw) => caseOf(draw.bytes(1), ([byte = 0]) => act(byte)) }),
  };
}

test("errors of other classes, values that are no errors, slow cases and large ones are crashes; refusals are none", async () => {
  const kept: Uint8Array[] = [];
  for (const [expected, act] of [
    [/^threw TypeError: Cannot read/, () => (undefined as unknown as { x: number }).x],
    [/^threw string, which is no error/, () => Promise.reject("x")],
    [/^took \d+ ms$/, () => sleep(60)],
    [/^allocated \d+ bytes for an input of 1, expected at most 1048584$/, () => kept.push(new Uint8Array(2 ** 22))],
  ] as const) {
    const { crashes, crashed, accepted } = await runCases(targetOf(act), { seed: 1, cases: 2 });
    assert.is(crashed, 2);
    assert.is(accepted, 0);
    assert.is(crashes.length, 1, "one for each cause");
    assert.match(crashes[0]!.reason, expected);
  }
  const refusing = targetOf(() => {
    throw new OptionError("x", "another", 0);
  });
  const { refused, crashed } = await runCases(refusing, { seed: 1, cases: 5 });
  assert.equal([...refused], [["OptionError", 5]]);
  assert.is(crashed, 0);
});

test("a crash is found again by its number alone", async () => {
  const target = targetOf((byte) => {
    if (byte < 8) throw new RangeError(`byte ${byte}`);
  });
  const { crashes } = await runCases(target, { seed: 3, cases: 500 });
  const [crash] = crashes;
  assert.ok(crash !== undefined && crash.index > 0);
  let first = 8;
  const verdict = await runCase(target, { seed: 3, index: crash!.index }, ([byte = 8]) => {
    first = byte;
  });
  assert.is(verdict.kind, "crash");
  assert.ok(first < 8);
});

test.run();

/** Takes so much of the processor's time. */
function sleep(milliseconds: number): void {
  const taken = computingTime();
  while (taken() < milliseconds);
}
