/** What a person is told beside the control that caused it, in words, until they do the next thing there. */
import { element, write } from "./dom.ts";

export type Message = { readonly say: (text: string) => void; readonly clear: () => void };

/** The paragraph with this id. */
export function messageAt(id: string): Message {
  const place = element(id, HTMLParagraphElement);
  return {
    say: (text) => {
      place.hidden = false;
      write(place, text);
    },
    clear: () => {
      place.hidden = true;
      write(place, "");
    },
  };
}

/** What an error says, without the name of the call that it came from. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
