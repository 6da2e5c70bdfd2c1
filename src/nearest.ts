/** The word that was probably meant. */

/**
 * The nearest of `words`, where one is near: at most a third of its letters differ, or it begins with what was written.
 */
export function nearest(written: string, words: readonly string[]): string | undefined {
  let best: { readonly word: string; readonly distance: number } | undefined;
  for (const word of words) {
    const isStart = written.length >= 3 && word.startsWith(written);
    const limit = Math.max(1, Math.floor(Math.max(written.length, word.length) / 3));
    // So many letters have to be put in or taken out at least: a page of text is compared with no word.
    const least = Math.abs(written.length - word.length);
    if (!isStart && least > limit) continue;
    const distance = isStart ? 1 : distanceOf(written, word);
    if (distance <= limit && (best === undefined || distance < best.distance)) best = { word, distance };
  }
  return best?.word;
}

/** Letters to put in, take out, change or swap with their neighbours (optimal string alignment). */
function distanceOf(a: string, b: string): number {
  let [last, current] = [[] as number[], Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min((current[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (current[j - 1] ?? 0) + cost);
      if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, (last[j - 2] ?? least) + 1);
      next.push(least);
    }
    [last, current] = [current, next];
  }
  return current[b.length] ?? 0;
}
