/** How this program is called here: installed by its name, in a clone through npm. */

const IS_CLONE = import.meta.url.endsWith(".ts");
const NAME = "lanegrad";

/** `lanegrad`, or the equivalent command in a clone. */
export const PROGRAM: string = IS_CLONE ? `npm run -s ${NAME} --` : NAME;

/** A command line that is written for an installed program, as it is called here. */
export function calledHere(line: string): string {
  return line.replaceAll(/(^|&& )lanegrad /g, `$1${PROGRAM} `);
}
