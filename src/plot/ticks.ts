/**
 * Ticks at round numbers, and how numbers are written on axes.
 *
 *   linear: multiples of 1, 2 or 5 · 10ⁿ         logarithmic: powers of ten; 1, 2 and 5 times them where few fit
 */
import type { Domain, Scale } from "./types.ts";

/** A place on an axis and its label. */
export type Tick = { readonly value: number; readonly label: string };

const MINUS = "−";
const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** About `count` ticks within a domain. */
export function ticksOf(scale: Scale, domain: Domain, count: number): readonly Tick[] {
  return scale === "log" ? logTicks(domain, count) : linearTicks(domain, count);
}

/** The domain extended to the next ticks; a logarithmic one is left as it is. */
export function niceDomain(scale: Scale, [low, high]: Domain, count: number): Domain {
  if (scale === "log") return [low, high];
  const step = stepOf(high - low, count);
  return [multiple(Math.floor(low / step + 1e-9), step), multiple(Math.ceil(high / step - 1e-9), step)];
}

/** A number with about three significant digits: 0.000123 → 1.23×10⁻⁴. */
export function readable(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size < 1e-3 || size >= 1e6) return scientific(value);
  const decimals = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  return fixed(Number(value.toFixed(decimals)), undefined);
}

/** A number with so many decimals, thousands apart; undefined: with those that it has. */
export function fixed(value: number, decimals: number | undefined): string {
  const digits = decimals === undefined ? String(Math.abs(value)) : Math.abs(value).toFixed(decimals);
  const [whole = "", part] = digits.split(".");
  const isZero = Number(digits) === 0;
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return `${value < 0 && !isZero ? MINUS : ""}${grouped}${part === undefined ? "" : `.${part}`}`;
}

function linearTicks([low, high]: Domain, count: number): readonly Tick[] {
  const step = stepOf(high - low, count);
  const isLong = Math.max(Math.abs(low), Math.abs(high)) >= 1e7 || step < 1e-4;
  const decimals = Math.max(0, -exponentOf(step));
  const ticks: Tick[] = [];
  for (let i = Math.ceil(low / step - 1e-9); i <= Math.floor(high / step + 1e-9); i++) {
    const value = multiple(i, step);
    ticks.push({ value, label: isLong ? scientific(value) : fixed(value, decimals) });
  }
  return ticks;
}

/** The least of 1, 2, 5 · 10ⁿ that makes at most `count` steps. */
function stepOf(span: number, count: number): number {
  const rough = span / count;
  const power = 10 ** exponentOf(rough);
  for (const factor of [1, 2, 5]) if (factor * power >= rough * (1 - 1e-9)) return factor * power;
  return 10 * power;
}

/** i · step without the rounding of a step such as 0.1. */
function multiple(i: number, step: number): number {
  return step < 1 ? i / Math.round(1 / step) || 0 : i * step;
}

function exponentOf(value: number): number {
  return Math.floor(Math.log10(value) + 1e-9);
}

function logTicks([low, high]: Domain, count: number): readonly Tick[] {
  const first = Math.floor(Math.log10(low));
  const last = Math.ceil(Math.log10(high));
  const decades = Math.log10(high / low);
  const factors = decades * 3 <= count ? [1, 2, 5] : decades * 2 <= count ? [1, 3] : [1];
  const every = Math.max(1, Math.ceil(decades / count));
  const isPlain = low >= 0.9e-3 && high < 1.1e5;
  const ticks: Tick[] = [];
  for (let exponent = Math.ceil(first / every) * every; exponent <= last; exponent += every) {
    for (const factor of factors) {
      const value = Number(`${factor}e${exponent}`);
      if (value < low * (1 - 1e-9) || value > high * (1 + 1e-9)) continue;
      ticks.push({ value, label: isPlain ? fixed(value, undefined) : power(factor, exponent) });
    }
  }
  return ticks;
}

function scientific(value: number): string {
  if (value === 0) return "0";
  const [digits = "", exponent = ""] = value.toExponential(2).split("e");
  return power(Number(digits), Number(exponent));
}

function power(factor: number, exponent: number): string {
  const raised = [...String(Math.abs(exponent))].map((digit) => SUPERSCRIPTS[Number(digit)]).join("");
  const sign = factor < 0 ? MINUS : "";
  const size = Math.abs(factor);
  return `${sign}${size === 1 ? "" : `${size}×`}10${exponent < 0 ? "⁻" : ""}${raised}`;
}
