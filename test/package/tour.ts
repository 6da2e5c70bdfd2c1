/** Pages, one after another in one browser: the next is opened when the last has answered, or has taken too long. */
import type { Expectation, Found } from "./outcome.ts";

/** A page to be opened in each browser. */
export type Page = {
  readonly name: string;
  readonly expectation: Expectation;
  /** Where its files are, or its address, if another server has it. */
  readonly from: { readonly folder: string } | { readonly address: string };
  /** In place of the policy that its expectation has. */
  readonly policy?: string;
};

const PAGE_MILLISECONDS = 120_000; // one page trains without WebAssembly
const START_MILLISECONDS = 120_000;

export class Tour {
  readonly pages: readonly Page[];
  readonly found: Map<string, Found> = new Map<string, Found>();
  /** Resolves when every page has a result, or the browser does not come. */
  readonly over: Promise<void>;
  #at = 0;
  #answered: Promise<void> = Promise.resolve();
  #answer: () => void = () => {};
  #end: () => void = () => {};
  #start: NodeJS.Timeout;

  constructor(pages: readonly Page[]) {
    this.pages = pages;
    this.over = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#start = setTimeout(this.#end, START_MILLISECONDS);
  }

  /** The next page, for a browser that asks; undefined when there is none. */
  async next(): Promise<Page | undefined> {
    clearTimeout(this.#start);
    await this.#answered;
    const page = this.pages[this.#at];
    this.#at += 1;
    if (page === undefined) {
      this.#end();
      return undefined;
    }
    this.#answered = new Promise((resolve) => {
      const timer = setTimeout(resolve, PAGE_MILLISECONDS);
      this.#answer = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    return page;
  }

  /** What a page posts. */
  take(name: string, found: Found): void {
    if (this.pages[this.#at - 1]?.name !== name) return; // too late
    this.found.set(name, found);
    this.#answer();
  }
}
