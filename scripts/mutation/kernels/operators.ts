/** What is put in the place of what: names and signs, each with those that it is mistaken for. */

/** Signs between two operands, and those that assign. */
export const SIGNS: ReadonlyMap<string, readonly string[]> = new Map([
  ["+", ["-"]],
  ["-", ["+"]],
  ["*", ["/"]],
  ["/", ["*"]],
  ["%", ["*"]],
  ["<", ["<=", ">="]],
  ["<=", ["<", ">"]],
  [">", [">=", "<="]],
  [">=", [">", "<"]],
  ["==", ["!="]],
  ["!=", ["=="]],
  ["&&", ["||"]],
  ["||", ["&&"]],
  ["&", ["|"]],
  ["|", ["&"]],
  ["<<", [">>"]],
  [">>", ["<<"]],
  ["+=", ["-="]],
  ["-=", ["+="]],
  ["*=", ["/="]],
  ["|=", ["&="]],
  ["<<=", [">>="]],
]);

/** Signs before or behind one operand. */
export const STEPS: ReadonlyMap<string, string> = new Map([
  ["++", "--"],
  ["--", "++"],
]);

/** Functions, with or without `v128.` and its like before them. */
export const NAMES: ReadonlyMap<string, readonly string[]> = new Map([
  ["add", ["sub"]],
  ["sub", ["add"]],
  ["mul", ["add", "div"]],
  ["div", ["mul"]],
  ["min", ["max"]],
  ["max", ["min"]],
  ["pmin", ["pmax"]],
  ["pmax", ["pmin"]],
  ["lt", ["le", "ge"]],
  ["le", ["lt"]],
  ["gt", ["ge", "lt"]],
  ["ge", ["gt", "le"]],
  ["ge_u", ["gt_u", "ge_s"]],
  ["eq", ["ne"]],
  ["ne", ["eq"]],
  ["and", ["or"]],
  ["or", ["and", "xor"]],
  ["xor", ["or"]],
  ["shl", ["shr_u"]],
  ["shr_u", ["shr_s", "shl"]],
  ["madd", ["nmadd"]],
  ["nmadd", ["madd"]],
  ["extend_low_i8x16_u", ["extend_high_i8x16_u", "extend_low_i8x16_s"]],
  ["extend_high_i8x16_u", ["extend_low_i8x16_u", "extend_high_i8x16_s"]],
  ["extend_low_i16x8_u", ["extend_high_i16x8_u", "extend_low_i16x8_s"]],
  ["extend_high_i16x8_u", ["extend_low_i16x8_u", "extend_high_i16x8_s"]],
  ["extend_low_i32x4_s", ["extend_low_i32x4_u", "extend_high_i32x4_s"]],
  ["convert_i32x4_u", ["convert_i32x4_s"]],
  ["convert_low_i32x4_u", ["convert_low_i32x4_s"]],
  ["loadNext", ["loadPart"]],
  ["swapHalves", ["swapPairs"]],
  ["swapPairs", ["swapHalves"]],
]);

/** Functions of one vector, in whose place it stands itself. */
export const MAPS: ReadonlySet<string> = new Set(["abs", "neg", "sqrt", "sumOfLanes", "maxOfLanes"]);
