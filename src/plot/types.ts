/** What figures are made from, and what can be said of every figure. */

/** Numbers in a row: a plain or a typed array. */
export type Numbers = ArrayLike<number>;

/** Rows of numbers, or numbers in row-major order with their shape, as a tensor has them. */
export type Matrix = readonly Numbers[] | { readonly data: Numbers; readonly shape: readonly number[] };

/** How a number becomes a place on an axis. */
export type Scale = "linear" | "log";

/** The least and the greatest value that an axis shows. */
export type Domain = readonly [number, number];

/** Options of every figure. */
export type FigureOptions = {
  /** Is above the figure and names it for screen readers. */
  readonly title?: string;
  /** Text alternative of the figure; by default, what is on its axes. */
  readonly description?: string;
  /** Begins the figure's ids, which must be unique in a page; by default, a hash of what the figure shows. */
  readonly name?: string;
  /** Pixels that the figure asks for, 480 by default. The drawing scales: its text has 11.7 px at 400 px. */
  readonly width?: number;
};

/** Options of figures with axes. */
export type ChartOptions = FigureOptions & {
  /** With its unit: `time (ms)`. */
  readonly xLabel?: string;
  /** With its unit: `loss (nats)`. */
  readonly yLabel?: string;
  /** By default, as far as the numbers go. */
  readonly xDomain?: Domain;
  /** By default, as far as the numbers go. */
  readonly yDomain?: Domain;
  /** Height of the axes' frame where the figure is 480 wide. */
  readonly height?: number;
};

/** Options of figures whose axes may be logarithmic; numbers from 0 down have no place on such an axis. */
export type ScaledOptions = ChartOptions & {
  /** "linear" by default. */
  readonly xScale?: Scale;
  /** "linear" by default. */
  readonly yScale?: Scale;
};

/** A line. NaN and infinities are gaps in it. */
export type Series = {
  /** The text at its end. */
  readonly label: string;
  /** As many as there are y; by default 0, 1, 2 … */
  readonly x?: Numbers;
  /** One for each place. */
  readonly y: Numbers;
  /** Whether its places are marked: "auto" marks a few of many. */
  readonly markers?: "auto" | "all" | "none";
};

/** A place on a figure that is marked, and named where it has a label. */
export type Point = {
  /** On the horizontal axis. */
  readonly x: number;
  /** On the vertical axis. */
  readonly y: number;
  /** The text next to it. */
  readonly label?: string;
};

/** A walk over the plane. */
export type Path = {
  /** What its marker is named. */
  readonly label: string;
  /** Points of two coordinates each, first to last. */
  readonly points: readonly Numbers[];
};
