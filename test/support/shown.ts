/** What pages promise of values and of output; the programs that support/snippets.ts makes of pages import this. */

/** What a promise comes to, for the programs that `programOf` makes. */
export function shows(value: unknown, promised: string, place: string): void {
  const found = formatted(value);
  if (!isAsShown(found, promised)) throw new Error(`${place}: shows ${promised}, and it is ${found}`);
}

/** Whether a text is what is shown, in which `…` stands for anything. */
export function isAsShown(found: string, shown: string): boolean {
  const parts = shown.split("…").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join("[^]*?")}$`).test(found);
}

/** A value as pages write it. */
function formatted(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (Object.is(value, -0)) return "-0";
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return `[${value.map(formatted).join(", ")}]`;
  if (ArrayBuffer.isView(value)) {
    return `${value.constructor.name} ${formatted([...(value as unknown as Iterable<number>)])}`;
  }
  if ("toArray" in value && typeof value.toArray === "function") return formatted(value.toArray());
  const members = Object.entries(value).map(([key, member]) => `${key}: ${formatted(member)}`);
  return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
}
