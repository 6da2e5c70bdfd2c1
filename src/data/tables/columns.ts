/** What is known about the columns of a table after a fit: plain data. */

/** Where a column is. */
export type ColumnPlace = {
  /** Where the table has names. */
  readonly name?: string;
  /** From 0 on. */
  readonly position: number;
};

/** A column that is not learned from. */
export type IgnoredColumn = ColumnPlace & { readonly reason: string };

/** What becomes of rows with missing inputs: an error, left out of training, or filled. Words are filled by the most frequent. */
export type MissingValues = "refuse" | "drop" | "mean" | "mostFrequent";

/** An input column. */
export type InputColumn = NumberColumn | CategoryColumn;

/** A column of numbers, which are standardized. */
export type NumberColumn = ColumnPlace & {
  readonly kind: "number";
  readonly mean: number;
  /** Of all rows (divided by n); 1 of a column that is constant. */
  readonly deviation: number;
  /** In place of a missing value; without it, one is an error. */
  readonly fill?: number;
};

/** A column of words, each of which has an input of its own. */
export type CategoryColumn = ColumnPlace & {
  readonly kind: "category";
  readonly words: readonly string[];
  /** In place of a missing value; without it, one is an error. */
  readonly fill?: string;
  /** What a word is that is not among `words`: an error, or a row of zeros, as rare words had when the model was trained. */
  readonly unseen: "refuse" | "zeros";
};

/** The inputs of a table. */
export type TableInputs = {
  readonly kind: "columns";
  readonly columns: readonly InputColumn[];
  /** Columns of the table that it was fitted to, the target's included: rows without names may have as many cells. */
  readonly width: number;
  /** Columns that cannot be learned from, and why. */
  readonly ignored: readonly IgnoredColumn[];
};

/** The inputs of images and other arrays: every element is scaled by the same two numbers. */
export type ArrayInputs = {
  readonly kind: "array";
  /** Of one example. */
  readonly shape: readonly number[];
  readonly mean: number;
  readonly deviation: number;
};

/** Names of classes, in the order of the network's outputs. */
export type ClassTarget = Partial<ColumnPlace> & { readonly kind: "classes"; readonly names: readonly string[] };

/** Numbers, and how they were standardized. */
export type NumberTarget = {
  readonly kind: "numbers";
  readonly columns: readonly (Partial<ColumnPlace> & { readonly mean: number; readonly deviation: number })[];
};

/** What a model knows about its inputs and its target: plain data. */
export type Preprocessing = {
  readonly version: 1;
  readonly inputs: TableInputs | ArrayInputs;
  readonly target: ClassTarget | NumberTarget;
  readonly missing: MissingValues;
};
