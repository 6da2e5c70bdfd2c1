/** What the page says, in one language. The same shape for all of them, so that none says less. */
import type { SectionId } from "./outline.ts";
import type { Values } from "./values.ts";

export type FigureText = {
  readonly title: string;
  /** What is to be seen, for who cannot; where it is left out, what the section says of it in English. */
  readonly alt?: string;
  /** What it means. */
  readonly caption: string;
};

/** Texts have the marks of `inline`. */
export type SectionText = {
  readonly title: string;
  /** What the section is about, and why. */
  readonly about: readonly string[];
  /** What each formula says. */
  readonly formulas: readonly string[];
  /** What the code does. */
  readonly code: string;
  /** How to read the numbers. */
  readonly numbers: readonly string[];
  /** By the figures' names. */
  readonly figures: Readonly<Record<string, FigureText>>;
  /** What the chapter gets wrong or leaves out. */
  readonly gaps: readonly string[];
};

export type Text = {
  readonly title: string;
  readonly subtitle: string;
  readonly about: readonly string[];
  /** Which digits were used, and what that changes. */
  readonly data: readonly string[];
  readonly sections: Readonly<Record<SectionId, SectionText>>;
  readonly learned: { readonly title: string; readonly points: readonly string[] };
  readonly next: { readonly title: string; readonly points: readonly string[] };
  readonly words: {
    readonly skip: string;
    readonly contents: string;
    readonly language: string;
    readonly colours: string;
    readonly automatic: string;
    readonly light: string;
    readonly dark: string;
    readonly formula: string;
    readonly code: string;
    readonly numbers: string;
    readonly figures: string;
    readonly gaps: string;
    readonly names: string;
    readonly python: string;
    readonly here: string;
    readonly madeBy: string;
  };
};

export type TextFunction = (values: Values) => Text;
