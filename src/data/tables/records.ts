/** Rows of cells as tables have them: words, numbers, and cells without a value. */

/** One cell: "", null, undefined and NaN are missing values. */
export type Cell = string | number | boolean | null | undefined;

/** Rows of equal width, with the names of their columns where they have names. */
export type Records = {
  readonly names: readonly string[] | undefined;
  readonly rows: readonly (readonly Cell[])[];
  /** The file, for errors. */
  readonly file?: string;
};
