/** Where the digits come from. What is refused is said here, and the digits that are there stay. */
import { Button } from "./buttons.ts";
import { bundledDigits, ChosenFiles, type Digits, digitsInFolder, type OnProgress } from "./digits.ts";
import { element, write } from "./dom.ts";
import { messageAt, wordsOf } from "./message.ts";

export class DataPanel {
  readonly #give: (digits: Digits) => Promise<"at once" | "after the run">;
  readonly #state = element("data-state", HTMLParagraphElement);
  readonly #progress = element("data-progress", HTMLProgressElement);
  readonly #message = messageAt("data-message");
  readonly #chosen = new ChosenFiles();
  #isReading = false;

  /** @param give takes digits over */
  constructor(give: (digits: Digits) => Promise<"at once" | "after the run">) {
    this.#give = give;
    const input = element("data-files", HTMLInputElement);
    input.addEventListener("change", async () => {
      await this.takeFiles([...(input.files ?? [])]);
      input.value = ""; // the same file may be chosen again
    });
    const folder = element("data-folder", HTMLInputElement);
    element("data-folder-form", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      this.#read((onProgress) => digitsInFolder(folder.value.trim(), onProgress));
    });
    new Button("data-bundled", () => this.takeBundled());
  }

  takeBundled(): Promise<void> {
    return this.#read(bundledDigits);
  }

  /** Files that were chosen or dropped: all four at once, or one after the other. */
  async takeFiles(files: readonly File[]): Promise<void> {
    await this.#read(async () => {
      await this.#chosen.add(files);
      const { missing } = this.#chosen;
      if (missing.length > 0) throw new Error(`Still missing: ${missing.join(", ")}.`);
      return this.#chosen.digits();
    });
  }

  async #read(read: (onProgress: OnProgress) => Promise<Digits>): Promise<void> {
    if (this.#isReading) return this.#message.say("Other digits are being read: one thing after the other.");
    this.#isReading = true;
    this.#message.clear();
    this.#progress.hidden = false;
    this.#progress.removeAttribute("value");
    try {
      const digits = await read((received, total) => {
        this.#progress.value = received / total;
      });
      const counts = `${count(digits.train.length)} to learn, ${count(digits.test.length)} to test. ${digits.note}`;
      const when = await this.#give(digits);
      write(this.#state, when === "at once" ? counts : `From the next run on: ${counts}`);
    } catch (error) {
      this.#message.say(wordsOf(error));
    } finally {
      this.#progress.hidden = true;
      this.#isReading = false;
    }
  }
}

function count(value: number): string {
  return value.toLocaleString("en");
}
