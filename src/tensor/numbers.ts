/**
 * Numbers as a person reads them, nested as their shape:
 *
 *   [[1, 2],          where there are more than 100, of each axis the first and the last three:
 *    [3, 4]]          [0, 1, 2, …, 97, 98, 99]
 */
import { countOf, type Shape } from "./layout.ts";

/** Row-major numbers as text. Integers are exact; others have 7 digits, as float32 has. */
export function showNumbers(data: ArrayLike<number>, shape: Shape): string {
  const most = countOf(shape) > 100 ? 6 : 100;
  const walk = ([extent, ...inner]: Shape, start: number, indent: string): string => {
    if (extent === undefined) return showNumber(data[start] ?? Number.NaN);
    const items: string[] = [];
    for (let i = 0; i < extent; i++) {
      if (i === 3 && extent > most) {
        items.push("…");
        i = extent - 3;
      }
      items.push(walk(inner, start + i * countOf(inner), `${indent} `));
    }
    return `[${items.join(inner.length > 0 ? indent : ", ")}]`;
  };
  return walk(shape, 0, ",\n ");
}

/** Numbers that are in memory, or that they are not there any more. */
export function whereReadable(text: () => string): string {
  try {
    return text();
  } catch {
    return "disposed"; // or their engine has ended
  }
}

function showNumber(x: number): string {
  if (Object.is(x, -0)) return "-0";
  return String(Number.isSafeInteger(x) ? x : Number(x.toPrecision(7)));
}
