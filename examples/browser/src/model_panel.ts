/** The network as a file: the same bytes that lanegrad in Node writes and reads. */
import { Button } from "./buttons.ts";
import { element, made } from "./dom.ts";
import { messageAt, wordsOf } from "./message.ts";
import type { Session } from "./session.ts";

const NAME = "digits.safetensors";
const LARGEST_BYTES = 2 ** 26;

export class ModelPanel {
  readonly #session: Session;
  readonly #onLoad: (file: string) => void;
  readonly #message = messageAt("model-message");

  constructor(session: Session, onLoad: (file: string) => void) {
    this.#session = session;
    this.#onLoad = onLoad;
    const input = element("model-file", HTMLInputElement);
    input.addEventListener("change", async () => {
      const file = input.files?.[0];
      if (file !== undefined) await this.takeFile(file);
      input.value = "";
    });
    new Button("save", () => this.#save()).switch("on");
  }

  async takeFile(file: File): Promise<void> {
    this.#message.clear();
    if (file.size > LARGEST_BYTES) {
      this.#message.say(
        `${file.name} has more than ${LARGEST_BYTES / 2 ** 20} MB: no network for digits is that large.`,
      );
      return;
    }
    try {
      await this.#session.load(new Uint8Array(await file.arrayBuffer()), file.name);
      this.#onLoad(file.name);
    } catch (error) {
      this.#message.say(wordsOf(error));
    }
  }

  async #save(): Promise<void> {
    this.#message.clear();
    try {
      const bytes = await this.#session.save();
      if (bytes === undefined) return;
      const link = made("a");
      link.href = URL.createObjectURL(new Blob([bytes], { type: "application/octet-stream" }));
      link.download = NAME;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // the browser reads it when it likes
    } catch (error) {
      this.#message.say(wordsOf(error));
    }
  }
}
