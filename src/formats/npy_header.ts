/**
 * The header of an .npy file: a Python dictionary with three keys, in any order.
 *
 *   header = "{" key ":" value { "," key ":" value } [ "," ] "}" spaces
 *   value  = 'text' | "text" | True | False | "(" [ whole "," [ whole { "," whole } [ "," ] ] ] ")" | "[" … "]"
 *
 * Text has no escapes; Python's prefixes b and u are passed over. A list denotes a structured type, which is not read further.
 */

/** The header's fields; `descr` is undefined for a structured type. */
export type NpyHeader = {
  readonly descr: string | undefined;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
};

const KEYS = ["descr", "fortran_order", "shape"] as const;
/** Python 2 wrote long integers with an L. */
const TOKEN = /[ \t\r\n]*(?:[bBuU]?('[^'\\\n]*'|"[^"\\\n]*")|(\d+)L?|(True|False)\b|([{}():,[]))/y;

type Token =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "whole"; readonly value: number }
  | { readonly kind: "truth"; readonly value: boolean }
  | { readonly kind: "mark"; readonly mark: string };

/**
 * Reads a header, without evaluating anything.
 *
 * @param refuse makes the error for an invalid header
 */
export function parseHeader(text: string, refuse: (reason: string) => Error): NpyHeader {
  const tokens = new Tokens(text, refuse);
  let [descr, isStructured, fortranOrder, shape]: [string?, boolean?, boolean?, number[]?] = [];
  const seen = new Set<string>();
  tokens.expect("{");
  while (!tokens.accept("}")) {
    const key = tokens.next();
    if (key.kind !== "text" || !(KEYS as readonly string[]).includes(key.text)) {
      throw refuse(`expected ${KEYS.join(", ")}, found ${textOf(key)}`);
    }
    if (seen.has(key.text)) throw refuse(`${key.text} comes twice`);
    seen.add(key.text);
    tokens.expect(":");
    if (key.text === "shape") shape = shapeIn(tokens, refuse);
    else if (key.text === "fortran_order") fortranOrder = truthIn(tokens, refuse);
    else if (tokens.accept("[")) isStructured = true;
    else descr = textIn(tokens, refuse);
    if (isStructured) return { descr: undefined, fortranOrder: false, shape: [] };
    if (!tokens.accept(",")) {
      tokens.expect("}");
      break;
    }
  }
  tokens.expectEnd();
  if (descr !== undefined && fortranOrder !== undefined && shape !== undefined) return { descr, fortranOrder, shape };
  throw refuse(`expected ${KEYS.join(", ")}, found ${[...seen].join(", ") || "nothing"}`);
}

/** () has no axis, (3,) has one, (3) would be a number. */
function shapeIn(tokens: Tokens, refuse: (reason: string) => Error): number[] {
  tokens.expect("(");
  const shape: number[] = [];
  while (!tokens.accept(")")) {
    const extent = tokens.next();
    if (extent.kind !== "whole") throw refuse(`shape: expected an integer, found ${textOf(extent)}`);
    shape.push(extent.value);
    if (tokens.accept(",")) continue;
    if (shape.length === 1) throw refuse("shape: expected a comma after a single size");
    tokens.expect(")");
    break;
  }
  return shape;
}

function truthIn(tokens: Tokens, refuse: (reason: string) => Error): boolean {
  const token = tokens.next();
  if (token.kind === "truth") return token.value;
  throw refuse(`fortran_order: expected True or False, found ${textOf(token)}`);
}

function textIn(tokens: Tokens, refuse: (reason: string) => Error): string {
  const token = tokens.next();
  if (token.kind === "text") return token.text;
  throw refuse(`descr: expected text, found ${textOf(token)}`);
}

/** Tokens of a text, from its start. */
class Tokens {
  readonly #text: string;
  readonly #refuse: (reason: string) => Error;
  /** One for each text, because it remembers where it was. */
  readonly #pattern = new RegExp(TOKEN);
  #at = 0;
  /** What `accept` has read and left: each token is matched once. */
  #ahead: Token | undefined;

  constructor(text: string, refuse: (reason: string) => Error) {
    this.#text = text;
    this.#refuse = refuse;
  }

  next(): Token {
    const token = this.#ahead ?? this.#read();
    this.#ahead = undefined;
    return token;
  }

  #read(): Token {
    this.#pattern.lastIndex = this.#at;
    const [, quoted, digits, truth, mark] = this.#pattern.exec(this.#text) ?? [];
    const position = this.#at;
    this.#at = this.#pattern.lastIndex;
    if (quoted !== undefined) return { kind: "text", text: quoted.slice(1, -1) };
    if (digits !== undefined) return { kind: "whole", value: Number(digits) };
    if (truth !== undefined) return { kind: "truth", value: truth === "True" };
    if (mark !== undefined) return { kind: "mark", mark };
    throw this.#refuse(`no Python dictionary of an array at character ${position}`);
  }

  /** Takes a mark, if it is next. */
  accept(mark: string): boolean {
    const token = this.next();
    if (token.kind === "mark" && token.mark === mark) return true;
    this.#ahead = token;
    return false;
  }

  expect(mark: string): void {
    if (!this.accept(mark)) throw this.#refuse(`expected ${mark}, found ${textOf(this.next())}`);
  }

  expectEnd(): void {
    if (/[^ \t\r\n]/.test(this.#text.slice(this.#at))) throw this.#refuse("something follows the dictionary");
  }
}

function textOf(token: Token): string {
  if (token.kind === "mark") return token.mark;
  return token.kind === "text" ? `'${token.text}'` : String(token.value);
}
