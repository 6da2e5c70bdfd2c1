/** A preprocessing from a file: JSON, of which every field is checked. */
import { OptionError } from "../../errors.ts";
import { FormatError } from "../../formats/format_error.ts";
import { isObject, type Json, parseJson } from "../../formats/json.ts";
import { describeValue } from "../../values.ts";
import type { Preprocessing } from "./columns.ts";

type Fields = { readonly [key: string]: Json };

/**
 * The preprocessing in a text.
 *
 * @throws {FormatError} not JSON, of another version, or a field that is missing or of another type
 */
export function parsePreprocessing(text: string, file?: string): Preprocessing {
  const fail = (reason: string): never => {
    throw new FormatError("lanegrad network", { kind: "description", reason: `preprocessing: ${reason}` }, file);
  };
  let value: Json;
  try {
    value = parseJson(text);
  } catch (error) {
    return fail((error as SyntaxError).message);
  }
  checkFields(value, fail);
  return value as unknown as Preprocessing;
}

/**
 * A preprocessing from a caller.
 *
 * @throws {OptionError} not what `fitPreprocessing` gave
 */
export function checkPreprocessing(op: string, value: unknown): void {
  checkFields(value as Json, (reason) => {
    throw new OptionError(`${op}: preprocessing`, `not what fitPreprocessing gives: ${reason}`);
  });
}

function checkFields(value: Json, fail: Fail): void {
  const all = fieldsOf(value, "the whole", fail);
  const { version, inputs, target, missing } = all;
  if (version !== 1) fail(`expected version 1, found ${describeValue(version)}`);
  if (!["refuse", "drop", "mean", "mostFrequent"].includes(missing as string)) fail("missing: unknown");
  checkInputs(fieldsOf(inputs, "inputs", fail), fail);
  checkTarget(fieldsOf(target, "target", fail), fail);
}

type Fail = (reason: string) => never;

function checkInputs(inputs: Fields, fail: Fail): void {
  if (inputs["kind"] === "array") {
    const { shape } = inputs;
    if (!isListOf(shape, (size) => Number.isSafeInteger(size) && (size as number) >= 1)) fail("inputs: shape");
    checkScale(inputs, "inputs", fail);
    return;
  }
  if (inputs["kind"] !== "columns") fail("inputs: unknown kind");
  const { columns, width, ignored } = inputs;
  if (!Number.isSafeInteger(width)) fail("inputs: width");
  if (!isListOf(ignored, (own) => isObject(own) && typeof own["reason"] === "string")) fail("inputs: ignored");
  if (!isListOf(columns, isObject) || columns.length === 0) fail("inputs: columns");
  for (const [i, column] of (columns as readonly Json[]).entries())
    checkColumn(fieldsOf(column, `inputs: columns[${i}]`, fail), `inputs: columns[${i}]`, fail);
}

function checkColumn(column: Fields, at: string, fail: Fail): void {
  const { kind, name, position, fill, words, unseen } = column;
  if (!isName(name) || !Number.isSafeInteger(position) || (position as number) < 0) fail(`${at}: name or position`);
  if (kind === "number") {
    if (fill !== undefined && !Number.isFinite(fill)) fail(`${at}: fill`);
    checkScale(column, at, fail);
    return;
  }
  if (kind !== "category") fail(`${at}: unknown kind`);
  if (!areNames(words) || (fill !== undefined && typeof fill !== "string")) fail(`${at}: words or fill`);
  if (unseen !== "refuse" && unseen !== "zeros") fail(`${at}: unseen`);
}

function checkTarget(target: Fields, fail: Fail): void {
  if (target["kind"] === "classes") {
    if (!isName(target["name"]) || !isPlace(target["position"]) || !areNames(target["names"])) fail("target: names");
    return;
  }
  const { kind, columns } = target;
  if (kind !== "numbers" || !isListOf(columns, isObject) || columns.length === 0) fail("target: columns");
  for (const [i, column] of (columns as readonly Json[]).entries()) {
    const { name, position } = fieldsOf(column, `target: columns[${i}]`, fail);
    if (!isName(name) || !isPlace(position)) fail(`target: columns[${i}]: name or position`);
    checkScale(column as Fields, `target: columns[${i}]`, fail);
  }
}

function checkScale({ mean, deviation }: Fields, at: string, fail: Fail): void {
  if (!Number.isFinite(mean) || !Number.isFinite(deviation) || !((deviation as number) > 0)) {
    fail(`${at}: mean and deviation, which is above 0`);
  }
}

function fieldsOf(value: Json | undefined, at: string, fail: Fail): Fields {
  return isObject(value) ? value : fail(`${at}: expected an object`);
}

function isListOf(value: Json | undefined, isRight: (item: Json) => boolean): value is readonly Json[] {
  return Array.isArray(value) && value.every(isRight);
}

function isPlace(value: Json | undefined): boolean {
  return value === undefined || (Number.isSafeInteger(value) && (value as number) >= 0);
}

function isName(value: Json | undefined): boolean {
  return value === undefined || typeof value === "string";
}

function areNames(value: Json | undefined): boolean {
  return (
    isListOf(value, (word) => typeof word === "string") && new Set(value).size === value.length && value.length > 0
  );
}
