/**
 * Mutants that no test kills, and why none has to: argued.json.
 *
 * A mutant is named by its file and function and by what its lines say before and after, so that its name outlives
 * whatever changes around it. An argument whose lines are gone has to go too.
 */
import { readFileSync } from "node:fs";
import type { Mutant } from "./mutants.ts";

type Argument = {
  readonly why: string;
  /** `file: function`, then what its lines say before and after. */
  readonly mutants: readonly (readonly [where: string, before: string, after: string])[];
};

const ARGUMENTS = JSON.parse(readFileSync(new URL("./argued.json", import.meta.url), "utf8")) as readonly Argument[];

/** The name of a mutant. */
export function nameOf({ file, within, before, after }: Mutant): string {
  return JSON.stringify([`${file}: ${within}`, before, after]);
}

/** Why each argued mutant may live, by its name. */
export function argued(): ReadonlyMap<string, string> {
  return new Map(
    ARGUMENTS.flatMap(({ why, mutants }) => mutants.map((mutant) => [JSON.stringify(mutant), why] as const)),
  );
}
