/** JSON from outside: what is refused that `JSON.parse` takes, and what errors show of a value. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isObject, parseJson } from "../../src/formats/json.ts";

const test = suite("JSON");

/** `levels` arrays, one in the other. */
const nested = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;

test("what it reads is what JSON.parse reads", () => {
  for (const text of [
    '{"a":{"b":[1,{"b":2}]},"b":"a:b"}',
    "3",
    '"{:"',
    "[]",
    '{"a\\"":1,"b\\\\":{"a":null}}',
    "true",
  ]) {
    assert.equal(parseJson(text), JSON.parse(text), text);
  }
});

test("a key comes once in an object, however it is written", () => {
  for (const [text, key] of [
    ['{"a":1,"a":2}', '"a"'],
    ['{"a":1,"\\u0061":2}', '"\\\\u0061"'],
    ['[{"x":{"b":1,"c":{},"b":2}}]', '"b"'],
    ['{"":1,"":2}', '""'],
  ] as const) {
    assert.throws(() => parseJson(text), new RegExp(`key ${key} comes twice`), text);
  }
  assert.equal(parseJson('{"a":{"a":1},"b":[{"a":1},{"a":2}]}'), { a: { a: 1 }, b: [{ a: 1 }, { a: 2 }] });
});

test("a hundred levels are read, and no more; errors show values of any depth", () => {
  const most = Array.from({ length: 2000 }, (_, levels) => levels).findIndex((levels) => {
    try {
      parseJson(nested(levels + 1));
      return false;
    } catch (error) {
      assert.instance(error, SyntaxError);
      return true;
    }
  });
  assert.ok(most > 10, `${most} levels`);
  assert.throws(() => parseJson(nested(most + 1)), new RegExp(`nested more than ${most} levels deep`));
});

test("an object is neither an array nor null", () => {
  assert.equal([{}, { a: 1 }, [], null, "a", 1, undefined].map(isObject), [
    true,
    true,
    false,
    false,
    false,
    false,
    false,
  ]);
});

test.run();
