/** Korean particles after numbers: their form depends on how the last digit is spoken. */

/** Spoken names of the digits that end in a consonant: 영, 일, 삼, 육, 칠, 팔. */
const CLOSED = new Set(["0", "1", "3", "6", "7", "8"]);
/** Those that end in ㄹ, after which 로 stays as it is. */
const LIQUID = new Set(["1", "7", "8"]);

export type Particle = "을/를" | "과/와" | "으로/로";

/** A number with its particle: `withParticle("0.5", "을/를")` is 0.5를. A sign of per cent is spoken 퍼센트. */
export function withParticle(value: string, particle: Particle): string {
  const [closed = "", open = ""] = particle.split("/");
  const last = value.at(-1) ?? "";
  const isClosed = CLOSED.has(last) && !(particle === "으로/로" && LIQUID.has(last));
  return value + (isClosed ? closed : open);
}
