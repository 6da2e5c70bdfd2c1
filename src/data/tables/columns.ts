/** What is known about the columns of a table after a fit: plain data. */

/** Where a column is. */
export type ColumnPlace = {
  /** Where the table has names. */
  readonly name?: string;
  /** From 0 on. */
  readonly position: number;
};

/** A column that is not learned from. */
export type IgnoredColumn = ColumnPlace & {
  /** In a few words. */
  readonly reason: string;
};

/** What becomes of rows with missing inputs: an error, left out of training, or filled. Words are filled by the most frequent. */
export type MissingValues = "refuse" | "drop" | "mean" | "mostFrequent";

/** An input column. */
export type InputColumn = NumberColumn | CategoryColumn;

/** A column of numbers, which are standardized. */
export type NumberColumn = ColumnPlace & {
  readonly kind: "number";
  /** Of the rows that it was fitted to. */
  readonly mean: number;
  /** Of all rows (divided by n); 1 of a column that is constant. */
  readonly deviation: number;
  /** In place of a missing value; without it, one is an error. */
  readonly fill?: number;
};

/** A column of words, each of which has an input of its own. */
export type CategoryColumn = ColumnPlace & {
  readonly kind: "category";
  /** In the order of its inputs. */
  readonly words: readonly string[];
  /** In place of a missing value; without it, one is an error. */
  readonly fill?: string;
  /** What a word is that is not among `words`: an error, or a row of zeros, as rare words had when the model was trained. */
  readonly unseen: "refuse" | "zeros";
};

/** The inputs of a table. */
export type TableInputs = {
  readonly kind: "columns";
  /** In the order of the inputs. */
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
  /** Of all elements; 0 of bytes. */
  readonly mean: number;
  /** Of all elements; of bytes the inverse of their scale. */
  readonly deviation: number;
};

/** Names of classes, in the order of the network's outputs. */
export type ClassTarget = Partial<ColumnPlace> & {
  readonly kind: "classes";
  /** One for each output. */
  readonly names: readonly string[];
};

/** Numbers, and how they were standardized. */
export type NumberTarget = {
  readonly kind: "numbers";
  /** One for each output. */
  readonly columns: readonly (Partial<ColumnPlace> & {
    /** Of the rows that it was fitted to. */
    readonly mean: number;
    /** Of all rows (divided by n); 1 of a column that is constant. */
    readonly deviation: number;
  })[];
};

/** What a model knows about its inputs and its target: plain data. */
export type Preprocessing = {
  /** Of this form. */
  readonly version: 1;
  /** What the network is given. */
  readonly inputs: TableInputs | ArrayInputs;
  /** What its outputs mean. */
  readonly target: ClassTarget | NumberTarget;
  /** What became of missing values. */
  readonly missing: MissingValues;
};
