/** The settings' controls, and what is said beside the one that cannot be meant. The last settings that can be stand. */
import { element, made, write } from "./dom.ts";
import { CHOICES, DEFAULTS, FIELDS, type Field, readField, type Settings, writeField } from "./settings.ts";

type Control = HTMLInputElement | HTMLSelectElement;

export class SettingsForm {
  /** Told of every change to settings that can be meant. */
  onChange: (settings: Settings) => void = () => {};
  #settings: Settings = DEFAULTS;
  readonly #controls: ReadonlyMap<Field, { readonly control: Control; readonly message: HTMLParagraphElement }>;

  constructor() {
    for (const [field, choices] of Object.entries(CHOICES)) {
      element(field, HTMLSelectElement).append(...choices.map((choice) => new Option(choice, choice)));
    }
    this.#controls = new Map(FIELDS.map((field) => [field, controlOf(field)]));
    for (const [field, { control }] of this.#controls) control.addEventListener("change", () => this.#take(field));
    element("settings", HTMLFormElement).addEventListener("submit", (event) => event.preventDefault());
  }

  get settings(): Settings {
    return this.#settings;
  }

  /** Puts settings into the controls, with what is to be said of some of them. */
  show(settings: Settings, faults: ReadonlyMap<Field, string> = new Map()): void {
    this.#settings = settings;
    for (const [field, { control }] of this.#controls) {
      control.value = writeField(field, settings);
      this.say(field, faults.get(field) ?? "", faults.has(field) ? "remark" : "fault");
    }
  }

  /** Says something beside a control: that its value is at fault, or a remark on it. */
  say(field: Field, text: string, kind: "fault" | "remark" = "fault"): void {
    const found = this.#controls.get(field);
    if (found === undefined) return;
    found.message.hidden = text === "";
    write(found.message, text);
    found.control.setAttribute("aria-invalid", String(text !== "" && kind === "fault"));
  }

  /** Takes what is written; where something cannot be meant, goes there. */
  check(): "good" | "faulty" {
    for (const field of FIELDS) {
      const { control } = this.#controls.get(field) ?? {};
      if (control === undefined || "value" in readField(field, control.value)) continue;
      this.#take(field);
      control.focus();
      return "faulty";
    }
    return "good";
  }

  #take(field: Field): void {
    const { control } = this.#controls.get(field) ?? {};
    if (control === undefined) return;
    const read = readField(field, control.value);
    this.say(field, "fault" in read ? read.fault : "");
    if ("fault" in read) return;
    this.#settings = { ...this.#settings, [field]: read.value };
    this.onChange(this.#settings);
  }
}

function controlOf(field: Field): { control: Control; message: HTMLParagraphElement } {
  const control = document.getElementById(field);
  if (!(control instanceof HTMLInputElement || control instanceof HTMLSelectElement)) throw new Error(`no #${field}`);
  const message = made("p", "message");
  message.id = `${field}-message`;
  message.hidden = true;
  message.setAttribute("role", "alert");
  control.after(message);
  const hint = document.getElementById(`${field}-hint`);
  control.setAttribute("aria-describedby", [...(hint ? [hint.id] : []), message.id].join(" "));
  return { control, message };
}
