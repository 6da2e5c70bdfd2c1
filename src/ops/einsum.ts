/**
 * Einstein's summation: a label for each axis, products over all of them, and sums over those that the result does not have.
 *
 *   einsum("ij,jk->ik", a, b)        y_ik = Σ_j a_ij · b_jk
 *
 * Two operands at a time become one, in matrix products where they have a label to sum over:
 *
 *   batch    labels of both that stay         a is batch × m × k, b is batch × k × n
 *   k        labels of both that are summed   over; m and n are the labels that one of them has
 */
import { EngineMismatchError, OptionError, ShapeError } from "../errors.ts";
import { type AnyValue, Expression, expressionOf, type Value } from "../tensor/expression.ts";
import { countOf, isSameShape, type Shape, show } from "../tensor/layout.ts";
import { empty, Tensor } from "../tensor/tensor.ts";
import type { FloatType, NumberType } from "../wasm/dtype.ts";
import { mul } from "./binary.ts";
import { checkAlike, checkFloatOrInt32 } from "./check.ts";
import { matmul } from "./matmul.ts";
import { operate } from "./operation.ts";
import type { Transpose } from "./product.ts";
import { RESHAPE } from "./rows.ts";
import { SELECT } from "./slicing.ts";
import { stridesOf } from "./strided_copy.ts";
import { sum } from "./sum.ts";
import { transpose } from "./transpose.ts";

/** The labels of an operand or of the result, one for each axis; those of an ellipsis are numbers, counted from its end. */
type Labels = readonly string[];

/** A value, and the labels of its axes. */
type Term = { readonly x: Value<NumberType>; readonly labels: Labels };

/** Keeps an intermediate result until the end. */
type Keep = <V extends Value<NumberType>>(x: V) => V;

/**
 * Sums of products by labels, as NumPy's `einsum`: each letter is an axis, and letters that the result does not have are summed
 * over. A letter twice in an operand takes the diagonal of axes of one extent; an axis of extent 1 is repeated beside other operands.
 * `...` is any number of axes, which broadcast. Without `->` the result has those of the ellipsis, then the letters that are there once,
 * in the order of the alphabet.
 *
 * Floats are multiplied by `matmul` where operands share a letter to sum over. Of three operands or more those two come first whose
 * product has the fewest elements more than they have. int32 wraps around.
 *
 * @param subscripts `"bij,bjk->bik"`: the letters of each operand, a comma between operands; spaces mean nothing
 * @param operands at least one, of one dtype: floats or int32
 * @returns a tensor of its own; an expression where an operand is one
 * @throws {OptionError} subscripts that NumPy refuses: not letters, another number of operands, or a letter of the result that is
 *   twice in it or in no operand
 * @throws {ShapeError} another number of letters than axes, axes of a letter that differ, an ellipsis that does not broadcast, or a
 *   result without the ellipsis that operands have
 * @throws {DTypeError} neither floats nor int32, or two dtypes
 * @throws {EngineMismatchError} operands of two engines
 * @example
 * using a = tensor(engine, [[1, 2], [3, 4]]);
 * using b = tensor(engine, [[5, 6], [7, 8]]);
 * using product = einsum("ij,jk->ik", a, b);
 * product.toArray(); // → [[19, 22], [43, 50]]
 * using trace = einsum("ii", a);
 * trace.toArray(); // → 5
 */
export function einsum<D extends NumberType>(subscripts: string, ...operands: readonly Tensor<D>[]): Tensor<D>;
export function einsum<D extends NumberType>(subscripts: string, ...operands: readonly Value<D>[]): Expression<D>;
export function einsum(subscripts: string, ...operands: readonly Value<NumberType>[]): Value<NumberType> {
  const { inputs, output } = parsed(subscripts, operands);
  const sizes = sizesOf(inputs, operands);
  // With an expression everything is nodes: a tensor made here would be gone when the program runs.
  const isLazy = operands.some((x) => x instanceof Expression);
  const made: Value<NumberType>[] = [];
  const keep: Keep = (x) => {
    made.push(x);
    return x;
  };
  let y: Value<NumberType> | undefined;
  try {
    let terms = inputs.map((labels, i): Term => {
      const x = operands[i] as Value<NumberType>;
      return diagonal({ x: isLazy ? expressionOf(x) : x, labels }, sizes, keep);
    });
    while (terms.length > 1) {
      terms = terms.map((term, i) => summed(term, neededBy(terms, [i], output), keep));
      const [i, j] = nextPair(terms, output, sizes);
      const rest = terms.filter((_, at) => at !== i && at !== j);
      const isLast = rest.length === 0;
      const needed = neededBy(terms, [i, j], output);
      terms = [...rest, contracted(terms[i] as Term, terms[j] as Term, needed, isLast ? output : [], sizes, keep)];
    }
    y = ordered(summed(terms[0] as Term, new Set(output), keep), output, keep);
    if (!isLazy && !made.includes(y)) y = operate(RESHAPE, [y], { shape: y.shape }); // an operand as it is
    return y;
  } finally {
    for (const x of made) if (x !== y) x.dispose();
  }
}

/** Labels that the result has, or an operand other than these. */
function neededBy(terms: readonly Term[], but: readonly number[], output: Labels): ReadonlySet<string> {
  return new Set([...output, ...terms.flatMap(({ labels }, i) => (but.includes(i) ? [] : labels))]);
}

/** Each label once, and none whose axis is repeated: it has extent 1 here, and more in another operand. */
function diagonal({ x, labels }: Term, sizes: ReadonlyMap<string, number>, keep: Keep): Term {
  const own = [...new Set(labels)];
  const strides = stridesOf(x.shape);
  const isWide = (label: string) => labels.some((each, axis) => each === label && x.shape[axis] === sizes.get(label));
  const kept = own.filter(isWide);
  if (kept.length === labels.length) return { x, labels };
  const shape = kept.map((label) => sizes.get(label) ?? 1);
  const stride = kept.map((label) =>
    labels.reduce((all, each, axis) => (each === label ? all + (strides[axis] ?? 0) : all), 0),
  );
  return { x: keep(operate(SELECT, [x], { extents: shape, strides: stride, start: 0, shape })), labels: kept };
}

/** The term without the labels that nothing needs. */
function summed({ x, labels }: Term, needed: ReadonlySet<string>, keep: Keep): Term {
  const axes = [...labels.keys()].filter((axis) => !needed.has(labels[axis] as string));
  if (axes.length === 0) return { x, labels };
  return { x: keep(sum(x, { axes })), labels: labels.filter((label) => needed.has(label)) };
}

/** The pair whose product has the fewest elements more than both have; of equals the one with the fewest products. */
function nextPair(
  terms: readonly Term[],
  output: Labels,
  sizes: ReadonlyMap<string, number>,
): readonly [number, number] {
  const count = (labels: Iterable<string>) => countOf([...labels].map((label) => sizes.get(label) ?? 1));
  let best: readonly [number, number] = [0, 1];
  let least: readonly [number, number] = [Infinity, Infinity];
  for (let j = 1; j < terms.length; j++) {
    for (let i = 0; i < j; i++) {
      const [a, b] = [(terms[i] as Term).labels, (terms[j] as Term).labels];
      const all = new Set([...a, ...b]);
      const needed = neededBy(terms, [i, j], output);
      const more = count([...all].filter((label) => needed.has(label))) - count(a) - count(b);
      const products = count(all);
      if (more < least[0] || (more === least[0] && products < least[1]))
        [best, least] = [
          [i, j],
          [more, products],
        ];
    }
  }
  return best;
}

/** The product of two terms, summed over the labels of both that nothing else needs; each label of one alone is needed. */
function contracted(
  a: Term,
  b: Term,
  needed: ReadonlySet<string>,
  wanted: Labels,
  sizes: ReadonlyMap<string, number>,
  keep: Keep,
): Term {
  const shared = a.labels.filter((label) => b.labels.includes(label));
  const [batch, over] = [shared.filter((label) => needed.has(label)), shared.filter((label) => !needed.has(label))];
  const onlyA = a.labels.filter((label) => !shared.includes(label));
  const onlyB = b.labels.filter((label) => !shared.includes(label));
  // In the other order the result may have that of the whole.
  const isTurned = wanted.length > 0 && isSameOrder([...batch, ...onlyB, ...onlyA], wanted) && onlyA.length > 0;
  if (isTurned && onlyB.length > 0) return contracted(b, a, needed, [], sizes, keep);
  const labels = [...batch, ...onlyA, ...onlyB];
  const extents = (of: Labels) => of.map((label) => sizes.get(label) ?? 1);
  const ones = (of: Labels) => of.map(() => 1);
  if (over.length === 0 || a.x.dtype === "int32") {
    const left = ordered(a, [...batch, ...onlyA, ...over], keep);
    const right = ordered(b, [...batch, ...onlyB, ...over], keep);
    const [before, after] = [extents(batch), extents(over)];
    const x = viewed(left, [...before, ...extents(onlyA), ...ones(onlyB), ...after], keep);
    const y = viewed(right, [...before, ...ones(onlyA), ...extents(onlyB), ...after], keep);
    const product = keep(mul(x, y));
    return summed({ x: product, labels: [...labels, ...over] }, new Set(labels), keep);
  }
  const [left, isLeftTurned] = side(a, batch, [onlyA, over], keep);
  const [right, isRightTurned] = side(b, batch, [over, onlyB], keep);
  const turned: Transpose = isLeftTurned ? (isRightTurned ? "both" : "a") : isRightTurned ? "b" : "none";
  const count = (of: Labels) => countOf(extents(of));
  const leading = batch.length === 0 ? [] : [count(batch)];
  const matrix = (rows: number, columns: number, isIt: boolean) =>
    isIt ? [...leading, columns, rows] : [...leading, rows, columns];
  const [m, k, n] = [count(onlyA), count(over), count(onlyB)];
  const x = viewed(left, matrix(m, k, isLeftTurned), keep) as Value<FloatType>;
  const y = viewed(right, matrix(k, n, isRightTurned), keep) as Value<FloatType>;
  const shape = extents(labels);
  if (!(x instanceof Tensor && y instanceof Tensor)) {
    return { x: viewed(matmul(x, y, { transpose: turned }), shape, keep), labels };
  }
  const c = keep(empty(x.engine, shape, { dtype: x.dtype }));
  matmul(x, y, { transpose: turned, out: c.part(0, [...leading, m, n]) });
  return { x: c, labels };
}

/** A term with its batch first, then the groups, or both in reverse where it is stored so; whether it is. */
function side(
  term: Term,
  batch: Labels,
  [rows, columns]: readonly [Labels, Labels],
  keep: Keep,
): readonly [Value<NumberType>, boolean] {
  const isTurned = rows.length > 0 && isSameOrder(term.labels, [...batch, ...columns, ...rows]);
  return [ordered(term, [...batch, ...(isTurned ? [...columns, ...rows] : [...rows, ...columns])], keep), isTurned];
}

/** A term's elements with its labels in this order. */
function ordered({ x, labels }: Term, wanted: Labels, keep: Keep): Value<NumberType> {
  if (isSameOrder(labels, wanted)) return x;
  return keep(transpose(x, { axes: wanted.map((label) => labels.indexOf(label)) }));
}

/** The same elements under another shape; of a tensor a view. */
function viewed(x: Value<NumberType>, shape: Shape, keep: Keep): Value<NumberType> {
  if (isSameShape(x.shape, shape)) return x;
  return x instanceof Tensor ? x.part(0, shape) : keep(operate(RESHAPE, [x], { shape }));
}

function isSameOrder(a: Labels, b: Labels): boolean {
  return a.length === b.length && a.every((label, i) => label === b[i]);
}

const FORM = 'letters for the axes of each operand, commas between operands, and "->" before those of the result';

/** The labels of each operand and of the result. */
function parsed(
  subscripts: string,
  operands: readonly Value<NumberType>[],
): { readonly inputs: readonly Labels[]; readonly output: Labels } {
  if (typeof subscripts !== "string") throw new OptionError("einsum: subscripts", FORM, subscripts);
  const [given = "", result, ...more] = subscripts.replace(/\s+/g, "").split("->");
  const sides = given.split(",");
  for (const each of result === undefined ? sides : [...sides, result]) {
    if (more.length > 0 || !/^[a-zA-Z]*(\.\.\.[a-zA-Z]*)?$/.test(each))
      throw new OptionError("einsum: subscripts", FORM, subscripts);
  }
  const [first] = operands;
  if (first === undefined) throw new OptionError("einsum: operands", "expected at least one");
  for (const [i, x] of operands.entries()) {
    checkFloatOrInt32("einsum", `operands[${i}]`, x as AnyValue);
    if (x.engine !== first.engine) throw new EngineMismatchError("einsum", `operands[${i}]`);
    checkAlike("einsum", `operands[${i}]`, x, first);
  }
  if (sides.length !== operands.length)
    throw new OptionError("einsum: subscripts", `labels of ${operands.length} operands`, subscripts);
  const inputs = sides.map((each, i) => labelsOf(each, `operands[${i}]`, (operands[i] as Value).shape));
  const wide = Math.max(...inputs.map((labels) => labels.filter(isOfEllipsis).length));
  const ellipsis = Array.from({ length: wide }, (_, i) => String(wide - 1 - i));
  if (result === undefined) {
    const all = inputs.flat().filter((label) => !isOfEllipsis(label));
    const once = all.filter((label) => all.indexOf(label) === all.lastIndexOf(label));
    return { inputs, output: [...ellipsis, ...once.sort()] };
  }
  const letters = [...result.replace("...", "")];
  for (const [i, label] of letters.entries()) {
    if (letters.indexOf(label) !== i)
      throw new OptionError("einsum: subscripts", `the label ${label} once in the result`, subscripts);
    if (!inputs.some((labels) => labels.includes(label)))
      throw new OptionError("einsum: subscripts", `labels of operands in the result, unlike ${label}`, subscripts);
  }
  if (wide > 0 && !result.includes("."))
    throw new ShapeError("einsum", "result", `"..." for the ${wide} axes of the operands' ellipsis`, `"${result}"`);
  const [before = "", after = ""] = result.includes(".") ? result.split("...") : [result];
  return { inputs, output: [...before, ...(result.includes(".") ? ellipsis : []), ...after] };
}

/** One label for each axis. */
function labelsOf(given: string, argument: string, shape: Shape): Labels {
  const letters = given.replace("...", "").length;
  const isOpen = given.includes(".");
  if (isOpen ? letters > shape.length : letters !== shape.length) {
    const expected = `${isOpen ? "at least " : ""}${letters} axes for "${given}"`;
    throw new ShapeError("einsum", argument, expected, show(shape));
  }
  if (!isOpen) return [...given];
  const [before = "", after = ""] = given.split("...");
  const wide = shape.length - letters;
  return [...before, ...Array.from({ length: wide }, (_, i) => String(wide - 1 - i)), ...after];
}

function isOfEllipsis(label: string): boolean {
  return /^\d+$/.test(label);
}

/** The extent of each label. */
function sizesOf(inputs: readonly Labels[], operands: readonly Value[]): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  for (const [i, labels] of inputs.entries()) {
    const { shape } = operands[i] as Value;
    for (const [axis, label] of labels.entries()) {
      const [extent = 1, before = 1] = [shape[axis], sizes.get(label)];
      // Extents of 1 are repeated for other operands alone: a diagonal has one extent.
      const own = shape[labels.indexOf(label)] ?? 1;
      if (extent !== own)
        throw new ShapeError("einsum", `operands[${i}]`, `${own} for ${label} along axis ${axis}`, show(shape));
      if (extent !== before && extent !== 1 && before !== 1) {
        const name = isOfEllipsis(label) ? "an ellipsis that broadcasts with that of others" : `${before} for ${label}`;
        throw new ShapeError("einsum", `operands[${i}]`, `${name} along axis ${axis}`, show(shape));
      }
      sizes.set(label, extent === 1 ? before : extent);
    }
  }
  return sizes;
}
