/**
 * JSON from a file, where a key that comes twice is an error: `JSON.parse` keeps the last one silently. So is what is nested
 * more deeply than any file of ours, which would be too deep for a recursive reader.
 */

/** A JSON text's value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** The most objects and lists within each other. */
const MAX_DEPTH = 64;

/**
 * The value of a JSON text.
 *
 * @throws {SyntaxError} not JSON, an object that has a key twice, or nested too deeply
 */
export function parseJson(text: string): Json {
  const value = JSON.parse(text) as Json;
  checkObjects(text);
  return value;
}

/** Whether a value is an object, and no array. Its keys are a file's: `Object.entries` or `Object.hasOwn`, not a dot. */
export function isObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Walks along a text that is known to be JSON: a string before a colon is a key of the innermost object. */
function checkObjects(text: string): void {
  const open: Set<string>[] = [];
  let string = "";
  for (let at = 0; at < text.length; at++) {
    switch (text[at]) {
      case "{":
      case "[":
        if (open.length === MAX_DEPTH) throw new SyntaxError(`nested more than ${MAX_DEPTH} levels deep`);
        open.push(new Set());
        break;
      case "}":
      case "]":
        open.pop();
        break;
      case '"': {
        const end = endOfString(text, at);
        string = text.slice(at, end + 1);
        at = end;
        break;
      }
      case ":": {
        const key = JSON.parse(string) as string; // one key can be written in several ways
        if (open.at(-1)?.has(key)) throw new SyntaxError(`key ${string} comes twice`);
        open.at(-1)?.add(key);
        break;
      }
      default:
    }
  }
}

/** Where the string that begins at `start` ends: at the first quotation mark without a backslash of its own. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at;
}
