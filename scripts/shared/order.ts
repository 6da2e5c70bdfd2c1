/**
 * The order of a module's functions: each next to those that are like it, because deflate finds only what is within 32 KB. And the
 * order of a function's local variables: as they are used, so that code that is alike has the same numbers. Instructions stay as they
 * are, but for the numbers of what they call and of variables.
 */

/** Bytes of code before a function in which it is looked for what it repeats. */
const WINDOW = 16_384;

const TYPE = { type: 1, import: 2, function: 3, export: 7, start: 8, element: 9, code: 10 } as const;

/** The types of variables, in the order in which they are declared: i32, i64, f32, f64, v128. */
const VARIABLES: readonly number[] = [0x7f, 0x7e, 0x7d, 0x7c, 0x7b];

/** The same module with its functions and their variables in another order, which follows from their code alone. */
export function ordered(wasm: Uint8Array): Uint8Array {
  const sections = sectionsOf(wasm);
  const parameters = parameterCounts(sections);
  const bodies = entriesOf(sections.get(TYPE.code) ?? Uint8Array.of(0), skipBody);
  const code = bodies.map((body, i) => renumberVariables(body, parameters[i]!));
  const order = orderOf(code);
  const imported = importedFunctions(sections.get(TYPE.import) ?? Uint8Array.of(0));
  const places = new Map(order.map((from, to) => [from + imported, to + imported]));
  const renamed = (index: number) => places.get(index) ?? index;
  const out = [...wasm.subarray(0, 8)];
  for (const [id, content] of sections) {
    let bytes: readonly number[] | Uint8Array = content;
    if (id === TYPE.element || id === 0) throw new Error(`section ${id} is not expected`);
    if (id === TYPE.function) bytes = listOf(pick(entriesOf(content, skipNumber), order));
    if (id === TYPE.export) bytes = listOf(entriesOf(content, skipExport).map((entry) => renameExport(entry, renamed)));
    if (id === TYPE.start) bytes = numberOf(renamed(numberAt(content, 0)));
    if (id === TYPE.code) bytes = listOf(pick(code, order).map((body) => renameCalls(body, renamed)));
    out.push(id, ...numberOf(bytes.length));
    for (const byte of bytes) out.push(byte);
  }
  return Uint8Array.from(out);
}

/** From the first function on: the one of which most of the sequences of four bytes are in the window before it. */
function orderOf(bodies: readonly Uint8Array[]): number[] {
  const sequences = bodies.map(sequencesOf);
  const left = new Set(bodies.keys());
  const order: number[] = [];
  while (left.size > 0) {
    const seen = new Set<number>();
    for (let i = order.length - 1, size = 0; i >= 0 && size <= WINDOW; i--) {
      for (const sequence of sequences[order[i]!]!) seen.add(sequence);
      size += bodies[order[i]!]!.length;
    }
    let best = -1;
    let most = -1;
    for (const i of left) {
      let shared = 0;
      for (const sequence of sequences[i]!) if (seen.has(sequence)) shared++;
      const share = shared / (sequences[i]!.size + 20);
      if (share > most) [best, most] = [i, share];
    }
    order.push(best);
    left.delete(best);
  }
  return order;
}

function sequencesOf(body: Uint8Array): Set<number> {
  const sequences = new Set<number>();
  for (let i = 0; i + 4 <= body.length; i++) {
    sequences.add((body[i]! << 24) | (body[i + 1]! << 16) | (body[i + 2]! << 8) | body[i + 3]!);
  }
  return sequences;
}

/** An unsigned or signed number, and where it ends. */
function skipNumber(bytes: Uint8Array, at: number): number {
  let end = at;
  while (bytes[end]! >= 128) end++;
  return end + 1;
}

function numberAt(bytes: Uint8Array, at: number): number {
  let number = 0;
  for (let i = at, factor = 1; ; i++, factor *= 128) {
    number += (bytes[i]! & 127) * factor;
    if (bytes[i]! < 128) return number;
  }
}

function numberOf(number: number): number[] {
  const bytes: number[] = [];
  let rest = number;
  for (; rest >= 128; rest >>>= 7) bytes.push((rest & 127) | 128);
  return [...bytes, rest];
}

/** What each section holds, in order. */
function sectionsOf(wasm: Uint8Array): Map<number, Uint8Array> {
  const sections = new Map<number, Uint8Array>();
  for (let at = 8; at < wasm.length; ) {
    const start = skipNumber(wasm, at + 1);
    const end = start + numberAt(wasm, at + 1);
    sections.set(wasm[at]!, wasm.subarray(start, end));
    at = end;
  }
  return sections;
}

function entriesOf(section: Uint8Array, skip: (bytes: Uint8Array, at: number) => number): Uint8Array[] {
  const entries: Uint8Array[] = [];
  let at = skipNumber(section, 0);
  for (let left = numberAt(section, 0); left > 0; left--) {
    const end = skip(section, at);
    entries.push(section.subarray(at, end));
    at = end;
  }
  return entries;
}

function listOf(entries: readonly (Uint8Array | readonly number[])[]): number[] {
  const bytes = numberOf(entries.length);
  for (const entry of entries) for (const byte of entry) bytes.push(byte);
  return bytes;
}

function pick(entries: readonly Uint8Array[], order: readonly number[]): Uint8Array[] {
  return order.map((i) => entries[i]!);
}

function skipBody(bytes: Uint8Array, at: number): number {
  return skipNumber(bytes, at) + numberAt(bytes, at);
}

/** A name, a kind and an index. */
function skipExport(bytes: Uint8Array, at: number): number {
  return skipNumber(bytes, skipBody(bytes, at) + 1);
}

function renameExport(entry: Uint8Array, renamed: (index: number) => number): Uint8Array | number[] {
  const kind = skipBody(entry, 0);
  return entry[kind] === 0 ? [...entry.subarray(0, kind + 1), ...numberOf(renamed(numberAt(entry, kind + 1)))] : entry;
}

/** The kernels import a memory, and no function. */
function importedFunctions(section: Uint8Array): number {
  if (numberAt(section, 0) > 1) throw new Error("more than one import is not expected");
  if (numberAt(section, 0) === 0) return 0;
  const kind = skipBody(section, skipBody(section, 1));
  if (section[kind] !== 2) throw new Error("only a memory is expected to be imported");
  return 0;
}

/** How many parameters each function has. */
function parameterCounts(sections: ReadonlyMap<number, Uint8Array>): number[] {
  const types = entriesOf(sections.get(TYPE.type) ?? Uint8Array.of(0), skipType);
  const functions = entriesOf(sections.get(TYPE.function) ?? Uint8Array.of(0), skipNumber);
  return functions.map((type) => numberAt(types[numberAt(type, 0)]!, 1));
}

/** A function's type: parameters and results, each as many bytes as there are. */
function skipType(bytes: Uint8Array, at: number): number {
  return skipBody(bytes, skipBody(bytes, at + 1));
}

/** The body with its variables by their types, and those of one type as they are first used, behind its size. */
function renumberVariables(entry: Uint8Array, parameters: number): Uint8Array {
  const types: number[] = [];
  let code = skipNumber(entry, skipNumber(entry, 0));
  for (let left = numberAt(entry, skipNumber(entry, 0)); left > 0; left--) {
    const type = skipNumber(entry, code);
    for (let same = numberAt(entry, code); same > 0; same--) types.push(entry[type]!);
    code = type + 1;
  }
  const used = new Set<number>();
  const uses: number[] = [];
  for (let at = code; at < entry.length; at = skipInstruction(entry, at)) {
    if (entry[at]! < 0x20 || entry[at]! > 0x22) continue;
    uses.push(at + 1);
    used.add(numberAt(entry, at + 1));
  }
  for (const i of types.keys()) used.add(parameters + i);
  const groups = VARIABLES.map((type) => [...used].filter((i) => i >= parameters && types[i - parameters] === type));
  const places = new Map(groups.flat().map((from, i) => [from, parameters + i]));
  const declared = groups.flatMap(({ length }, i) => (length > 0 ? [[...numberOf(length), VARIABLES[i]!]] : []));
  const body = listOf(declared);
  let copied = code;
  for (const at of uses) {
    for (const byte of entry.subarray(copied, at)) body.push(byte);
    const variable = numberAt(entry, at);
    body.push(...numberOf(places.get(variable) ?? variable));
    copied = skipNumber(entry, at);
  }
  for (const byte of entry.subarray(copied)) body.push(byte);
  return Uint8Array.from([...numberOf(body.length), ...body]);
}

/** The body with other numbers in its calls, behind its new size. */
function renameCalls(entry: Uint8Array, renamed: (index: number) => number): number[] {
  const body: number[] = [];
  let at = skipNumber(entry, 0);
  let copied = at;
  const declarations = numberAt(entry, at);
  at = skipNumber(entry, at);
  for (let left = declarations; left > 0; left--) at = skipNumber(entry, at) + 1;
  while (at < entry.length) {
    const end = skipInstruction(entry, at);
    if (entry[at] === 0x10) {
      for (const byte of entry.subarray(copied, at + 1)) body.push(byte);
      body.push(...numberOf(renamed(numberAt(entry, at + 1))));
      copied = end;
    }
    at = end;
  }
  for (const byte of entry.subarray(copied)) body.push(byte);
  return [...numberOf(body.length), ...body];
}

/** Where an instruction of `simd` or `relaxed` ends. */
function skipInstruction(bytes: Uint8Array, at: number): number {
  const code = bytes[at]!;
  const next = at + 1;
  if (code === 0x0e) {
    let end = skipNumber(bytes, next);
    for (let left = numberAt(bytes, next); left >= 0; left--) end = skipNumber(bytes, end);
    return end;
  }
  if (code === 0x11 || (code >= 0x28 && code <= 0x3e)) return skipNumber(bytes, skipNumber(bytes, next));
  if (code === 0x43) return next + 4;
  if (code === 0x44) return next + 8;
  if (code === 0xfc) {
    const operands = [8, 10].includes(bytes[next]!) ? 2 : [9, 11].includes(bytes[next]!) ? 1 : 0;
    let end = next + 1;
    for (let left = operands; left > 0; left--) end = skipNumber(bytes, end);
    return end;
  }
  if (code === 0xfd) {
    const vector = numberAt(bytes, next);
    const end = skipNumber(bytes, next);
    if (vector <= 11 || vector === 92 || vector === 93) return skipNumber(bytes, skipNumber(bytes, end));
    if (vector === 12 || vector === 13) return end + 16;
    if (vector >= 21 && vector <= 34) return end + 1;
    if (vector >= 84 && vector <= 91) return skipNumber(bytes, skipNumber(bytes, end)) + 1;
    return end;
  }
  if ((code >= 0x02 && code <= 0x04) || code === 0x0c || code === 0x0d || code === 0x10) return skipNumber(bytes, next);
  if ((code >= 0x20 && code <= 0x24) || code === 0x3f || code === 0x40 || code === 0x41 || code === 0x42)
    return skipNumber(bytes, next);
  if (code === 0x05 || code <= 0x01 || code === 0x0b || code === 0x0f || code === 0x1a || code === 0x1b) return next;
  if (code >= 0x45 && code <= 0xc4) return next;
  throw new Error(`instruction ${code} is not expected`);
}
