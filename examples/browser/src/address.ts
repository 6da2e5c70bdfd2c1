/** Settings in the page's address, behind the #: what follows it is not sent to any server. */
import { DEFAULTS, FIELDS, type Field, readField, type Settings, writeField } from "./settings.ts";

/** What an address says. Where it says nothing, or something that cannot be meant, the default stands. */
export type FromAddress = { readonly settings: Settings; readonly faults: ReadonlyMap<Field, string> };

/** @param hash as `location.hash`: with its # */
export function readAddress(hash: string): FromAddress {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const faults = new Map<Field, string>();
  const settings: Partial<Record<Field, unknown>> = {};
  for (const field of FIELDS) {
    const text = given.get(field);
    if (text === null) continue;
    const read = readField(field, text);
    if ("value" in read) settings[field] = read.value;
    else faults.set(field, `${read.fault} The link says so; ${writeField(field, DEFAULTS)} was taken instead.`);
  }
  return { settings: { ...DEFAULTS, ...(settings as Partial<Settings>) }, faults };
}

/** The hash for settings, readable: `#layers=256,64&rate=0.01`. */
export function writeAddress(settings: Settings): string {
  return `#${FIELDS.map((field) => `${field}=${writeField(field, settings).replaceAll(" ", "")}`).join("&")}`;
}
