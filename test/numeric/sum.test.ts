import { suite } from "uvu";
import * as assert from "uvu/assert";
import { sum } from "../../src/numeric/sum.ts";

const test = suite("sum");

/** np.sum(1 / np.arange(1, n + 1)), from NumPy 2.4.6, as it prints them. */
const HARMONIC: readonly (readonly [number, number])[] = [
  [1, 1.0],
  [7, 2.5928571428571425],
  [8, 2.7178571428571425],
  [9, 2.8289682539682537],
  [15, 3.3182289932289937],
  [16, 3.3807289932289937],
  [100, 5.187377517639621],
  [128, 5.433147092589173],
  [129, 5.440899030573669],
  [136, 5.493542515771517],
  [137, 5.50084178584451],
  [256, 6.124344962817281],
  [257, 6.128236013400938],
  [300, 6.282663880299504],
  [1000, 7.485470860550345],
  [4097, 8.895347978001228],
];

test("its last bits are NumPy's on both sides of a lane, a block and a half", () => {
  for (const [n, want] of HARMONIC) {
    const values = Float64Array.from({ length: n }, (_, i) => 1 / (i + 1));
    assert.is(sum(values), want, `${n} terms`);
    assert.is(sum([...values]), want, `${n} terms, plain`);
  }
});

/** Of many sizes, so that every order of adding them rounds otherwise. */
const UNEVEN = Array.from({ length: 300 }, (_, i) => Math.sin(i + 1) * 2 ** (i % 23));

test("a block is eight sums of every eighth element, added in pairs, and the rest one after the other", () => {
  for (const n of [8, 16, 63, 64, 120, 127, 128]) {
    const values = UNEVEN.slice(0, n);
    const whole = n - (n % 8);
    const lane = (j: number) => values.slice(0, whole).reduce((total, x, i) => (i % 8 === j ? total + x : total), 0);
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = [0, 1, 2, 3, 4, 5, 6, 7].map(lane);
    const want = values.slice(whole).reduce((total, x) => total + x, a + b + (c + d) + (e + f + (g + h)));
    assert.is(sum(values), want, `${n} terms`);
  }
});

test("a range is summed as if it stood alone", () => {
  for (let start = 0; start < 20; start++) {
    assert.is(sum(UNEVEN, start, 271), sum(UNEVEN.slice(start, 271)), `from ${start}`);
    assert.is(sum(UNEVEN, start, start + 100), sum(UNEVEN.slice(start, start + 100)), `100 from ${start}`);
  }
  assert.is(sum(UNEVEN, 5, 5), 0);
});

test("it differs from a plain loop, which would give other losses than NumPy", () => {
  const values = Array.from({ length: 1000 }, () => 0.1);
  assert.is.not(
    sum(values),
    values.reduce((total, value) => total + value, 0),
  );
});

test.run();
