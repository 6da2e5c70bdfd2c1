/** What can be chosen, as text from a form or an address, and as what it means. */
import {
  adaGrad,
  adam,
  adamW,
  dense,
  gelu,
  type Layer,
  leakyRelu,
  momentum,
  nesterov,
  type Optimizer,
  type OptimizerNumbers,
  relu,
  rmsProp,
  type Sequential,
  sequential,
  sgd,
  sigmoid,
  softplus,
  tanh,
} from "lanegrad";

const ACTIVATIONS = { relu, leakyRelu, gelu, softplus, sigmoid, tanh };
const OPTIMIZERS = { adam, adamW, sgd, momentum, nesterov, adaGrad, rmsProp } satisfies Record<
  keyof OptimizerNumbers,
  unknown
>;

export type Settings = {
  /** Sizes of the hidden layers. */
  readonly layers: readonly number[];
  readonly activation: keyof typeof ACTIVATIONS;
  readonly seed: number;
  readonly optimizer: keyof typeof OPTIMIZERS;
  readonly rate: number;
  readonly batch: number;
  readonly epochs: number;
};

export type Field = keyof Settings;

export const DEFAULTS: Settings = {
  layers: [128],
  activation: "relu",
  seed: 0,
  optimizer: "adam",
  rate: 0.001,
  batch: 100,
  epochs: 20,
};

/** What is offered where there is a choice. */
export const CHOICES = {
  activation: Object.keys(ACTIVATIONS) as Settings["activation"][],
  optimizer: Object.keys(OPTIMIZERS) as Settings["optimizer"][],
};

/** A field's value, or what is wrong with the text. */
export type Read<T> = { readonly value: T } | { readonly fault: string };

const MOST_LAYERS = 4;
const LARGEST_LAYER = 1024;

const READERS: { readonly [F in Field]: (text: string) => Read<Settings[F]> } = {
  layers: readLayers,
  activation: (text) => readChoice(text, CHOICES.activation),
  seed: (text) => readWhole(text, 0, 2 ** 32 - 1),
  optimizer: (text) => readChoice(text, CHOICES.optimizer),
  rate: readRate,
  batch: (text) => readWhole(text, 1, 60_000),
  epochs: (text) => readWhole(text, 1, 1000),
};

export const FIELDS = Object.keys(READERS) as Field[];

/** What a text says for a field. */
export function readField<F extends Field>(field: F, text: string): Read<Settings[F]> {
  return READERS[field](text.trim());
}

/** The text that reads as this. */
export function writeField(field: Field, settings: Settings): string {
  const value = settings[field];
  return typeof value === "object" ? value.join(", ") || "none" : String(value);
}

/** The network that the settings describe. */
export function descriptionOf({ layers, activation }: Settings, inputs: number, classes: number): Sequential {
  const parts: Layer[] = [];
  let size = inputs;
  for (const next of layers) {
    parts.push(dense(size, next), ACTIVATIONS[activation]());
    size = next;
  }
  return sequential(...parts, dense(size, classes));
}

export function optimizerOf({ optimizer, rate }: Settings): Optimizer {
  return OPTIMIZERS[optimizer]({ learningRate: rate });
}

function readLayers(text: string): Read<readonly number[]> {
  if (text === "" || text === "none") return { value: [] };
  const sizes = text.split(/[\s,-]+/).filter((part) => part !== "");
  const layers = sizes.map((part) => (/^\d{1,4}$/.test(part) ? Number(part) : Number.NaN));
  const isGood = layers.length <= MOST_LAYERS && layers.every((size) => size >= 1 && size <= LARGEST_LAYER);
  if (isGood) return { value: layers };
  const expected = `at most ${MOST_LAYERS} sizes from 1 to ${LARGEST_LAYER}, such as 256, 64`;
  return { fault: `Hidden layers are ${expected}; found “${text}”.` };
}

function readChoice<C extends string>(text: string, choices: readonly C[]): Read<C> {
  const value = choices.find((choice) => choice === text);
  return value === undefined ? { fault: `One of ${choices.join(", ")}; found “${text}”.` } : { value };
}

function readWhole(text: string, low: number, high: number): Read<number> {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= low && value <= high) return { value };
  return { fault: `An integer from ${low} to ${high.toLocaleString("en")}; found “${text}”.` };
}

function readRate(text: string): Read<number> {
  const value = /^[\d.]+(e-?\d+)?$/i.test(text.replace(",", ".")) ? Number(text.replace(",", ".")) : Number.NaN;
  if (value > 0 && value <= 100) return { value };
  return { fault: `A number above 0, at most 100, such as 0.001; found “${text}”.` };
}
