/** How this program is called here: installed by its name, in a clone through npm. */

const IS_CLONE = import.meta.url.endsWith(".ts");
const NAME = "lanegrad";

/** npx sets it for what it runs: the program is then no command of the shell. */
const IS_NPX = process.env["npm_command"] === "exec";

/** `lanegrad`, or the equivalent command in a clone or by npx. */
export const PROGRAM: string = IS_CLONE ? `npm run -s ${NAME} --` : IS_NPX ? `npx ${NAME}` : NAME;

/** A command line that is written for an installed program, as it is called here. */
export function calledHere(line: string): string {
  return line.replaceAll(/(^|&& )lanegrad /g, `$1${PROGRAM} `);
}
