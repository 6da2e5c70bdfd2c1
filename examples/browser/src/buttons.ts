/** Buttons that can be switched off and keep the focus: `disabled` would throw it away under a keyboard's hands. */
import { element } from "./dom.ts";

export class Button {
  readonly #button: HTMLButtonElement;

  constructor(id: string, onPress: () => void) {
    this.#button = element(id, HTMLButtonElement);
    this.#button.disabled = false;
    this.#button.addEventListener("click", () => {
      if (this.isOn) onPress();
    });
  }

  get isOn(): boolean {
    return this.#button.getAttribute("aria-disabled") !== "true";
  }

  switch(state: "on" | "off", text?: string): void {
    this.#button.setAttribute("aria-disabled", String(state === "off"));
    if (text !== undefined && this.#button.textContent !== text) this.#button.textContent = text;
  }
}
