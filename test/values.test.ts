/** Values from callers: recognized in any realm, described in at most 80 characters. */
import { createContext, runInContext } from "node:vm";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { describeValue, isArrayOf, tagOf } from "../src/values.ts";

const test = suite("values");

test("describeValue: primitives", () => {
  const described = [undefined, null, true, 1.5, -0, 7n, "", 'a"', Symbol("s")].map(describeValue);
  assert.equal(described, ["undefined", "null", "true", "1.5", "0", "7n", '""', '"a\\""', "Symbol(s)"]);
});

test("describeValue: arrays show their elements, and their type and length where these are not obvious", () => {
  assert.is(describeValue([1, "a", [2, 3]]), '[1, "a", Array(2)]');
  assert.is(describeValue(Uint8Array.of(1, 2)), "Uint8Array(2) [1, 2]");
  assert.match(describeValue(new Array(1000).fill(0)), /^Array\(1000\) \[0, 0, .*…$/);
  assert.is(describeValue(new DataView(new ArrayBuffer(4))), "DataView");
});

test("describeValue: objects", () => {
  assert.is(describeValue({ a: 1, b: [2], c: {} }), "{ a: 1, b: Array(1), c: Object }");
  assert.is(describeValue({}), "{}");
  assert.is(describeValue(new Map()), "Map");
  assert.is(describeValue(Math.max), "function max");
  assert.is(
    describeValue(() => 0),
    "function without a name",
  );
  assert.is(
    describeValue(
      new (class {
        override = 1;
        toString() {
          return "its own text";
        }
      })(),
    ),
    "its own text",
  );
});

test("describeValue: never longer than 80 characters", () => {
  const deep = JSON.parse("[".repeat(3000) + "]".repeat(3000)) as unknown;
  for (const value of [
    "x".repeat(1e6),
    new Uint8Array(1e6),
    new Array(1e6),
    Object.fromEntries(new Array(1e4).entries()),
    deep,
  ])
    assert.ok(describeValue(value).length <= 80, describeValue(value));
});

test("describeValue: objects whose description throws", () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const thrower = {
    toString() {
      throw new Error("no");
    },
  };
  for (const value of [proxy, thrower, { toString: "none" }, Object.create(null)])
    assert.type(describeValue(value), "string");
});

test("isArrayOf and tagOf: objects of another realm", () => {
  const realm = createContext({});
  const evaluate = (code: string): unknown => runInContext(code, realm);
  assert.ok(isArrayOf(evaluate("new Float64Array(2)"), "Float64Array"));
  assert.not(isArrayOf(evaluate("new Float32Array(2)"), "Float64Array"));
  assert.not(isArrayOf({ [Symbol.toStringTag]: "Float64Array" }, "Float64Array"));
  assert.is(tagOf(evaluate("new Map()")), "Map");
});

test.run();
