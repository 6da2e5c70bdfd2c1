/**
 * Text that may come from a file, as a terminal may be given it: names and metadata can hold anything, and what a terminal
 * reads as a command clears, recolours or retitles it, or shows another text than there is.
 */

/** Control characters but for tabs and ends of lines, and what turns the direction of writing. */
const HIDDEN = /(?![\t\n])[\p{Cc}\p{Bidi_Control}]/gu;

/** The same text, with characters that a terminal would act upon written as `\u001b`. */
export function visible(text: string): string {
  return text.replace(HIDDEN, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
