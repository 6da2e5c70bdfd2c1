/**
 * Flags as tables: what each is called, what it accepts, and what it is for. A key `batchSize` is the flag `--batch-size`, and
 * the key of a configuration file.
 */

/** The command line is wrong: exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** A flag that gives a T. */
export type Flag<T> = {
  /** What help calls its value; undefined where it takes none. */
  readonly placeholder: string | undefined;
  /** Its value when given without one; undefined if it requires a value, or takes none. */
  readonly bare?: string;
  /** One sentence for help, with its default in brackets. */
  readonly about: string;
  /** Its heading in help. */
  readonly section?: string;
  /** @throws {UsageError} the text is not a value of this flag */
  readonly parse: (text: string, name: string) => T;
};

/** A table of flags, whatever they give. */
export type Flags = Readonly<Record<string, Flag<unknown>>>;

/** The flags that give V, whose keys are undefined where they were not given. */
export type FlagsOf<V> = { readonly [K in keyof V]-?: Flag<NonNullable<V[K]>> };

/** `--batch-size` for `batchSize`. */
export function flagOf(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** Flags under one heading. */
export function section<F extends object>(title: string, flags: F): F {
  const titled = Object.entries(flags).map(([key, flag]) => [key, { ...(flag as Flag<unknown>), section: title }]);
  return Object.fromEntries(titled) as F;
}

/** A flag without a value. */
export function toggle(about: string): Flag<boolean> {
  return {
    placeholder: undefined,
    about,
    parse: (text, name) => {
      if (text === "" || text === "true") return true;
      if (text === "false") return false;
      throw new UsageError(`${name}: takes no value, found "${text}"`);
    },
  };
}

/** A file's, folder's or other name: not empty. */
export function named(placeholder: string, about: string): Flag<string> {
  return {
    placeholder,
    about,
    parse: (text, name) => (text === "" ? refuse(name, `a name (${placeholder})`, text) : text),
  };
}

/** An integer. */
export function whole(low: number, about: string, high: number = 2 ** 31 - 1): Flag<number> {
  return {
    placeholder: "N",
    about,
    parse: (text, name) => {
      const value = Number(text);
      if (/^[+-]?\d+$/.test(text) && value >= low && value <= high) return value;
      return refuse(name, `an integer from ${low} to ${high}`, text);
    },
  };
}

/** A number, of which `holds` is true. */
export function real(expected: string, holds: (value: number) => boolean, about: string): Flag<number> {
  return {
    placeholder: "X",
    about,
    parse: (text, name) => {
      const value = Number(text);
      return text.trim() !== "" && Number.isFinite(value) && holds(value) ? value : refuse(name, expected, text);
    },
  };
}

export function positive(about: string): Flag<number> {
  return real("a number above 0", (value) => value > 0, about);
}

/** A share below 1. */
export function share(about: string): Flag<number> {
  return real("a number from 0 to below 1", (value) => value >= 0 && value < 1, about);
}

/** One of several words. */
export function word<const W extends string>(placeholder: string, words: readonly W[], about: string): Flag<W> {
  const expected = words.length === 2 ? words.join(" or ") : words.join(", ");
  return {
    placeholder,
    about,
    parse: (text, name) => words.find((known) => known === text) ?? refuse(name, expected, text),
  };
}

/** Integers from 1 on with commas between them. */
export function sizes(placeholder: string, least: number, about: string): Flag<readonly number[]> {
  return {
    placeholder,
    about,
    parse: (text, name) => {
      const parts = text.split(",").map((part) => part.trim());
      const numbers = parts.map(Number);
      const areSizes = parts.every((part) => /^\d+$/.test(part)) && numbers.every((n) => n >= 1 && n < 2 ** 31);
      if (areSizes && numbers.length >= least) return numbers;
      return refuse(name, `at least ${least} integers with commas between them, such as ${placeholder}`, text);
    },
  };
}

/** Positions from 0 on with commas between them. */
export function positions(about: string): Flag<readonly number[]> {
  return {
    placeholder: "N,…",
    about,
    parse: (text, name) => {
      const parts = text.split(",").map((part) => part.trim());
      if (parts.every((part) => /^\d+$/.test(part))) return parts.map(Number);
      return refuse(name, "integers from 0 with commas between them", text);
    },
  };
}

/** `name=number` pairs with commas between them; with no value, those of `bare`. */
export function amounts<const N extends string>(
  names: readonly N[],
  bare: string,
  about: string,
): Flag<Readonly<Partial<Record<N, number>>>> {
  return {
    placeholder: `[${bare}]`,
    bare,
    about,
    parse: (text, name) => {
      const found = new Map<N, number>();
      for (const part of text.split(",")) {
        const [key = "", value = "", ...more] = part.split("=");
        const known = names.find((wanted) => wanted === key.trim());
        const isNumber = value.trim() !== "" && Number.isFinite(Number(value)) && more.length === 0;
        if (known === undefined || !isNumber) refuse(name, `${names.join(", ")} as in ${bare}`, text);
        else found.set(known, Number(value));
      }
      return Object.fromEntries(found) as Partial<Record<N, number>>;
    },
  };
}

function refuse(name: string, expected: string, found: string): never {
  throw new UsageError(`${name}: expected ${expected}, found "${found}"`);
}
