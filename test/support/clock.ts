/** Time as a busy machine does not change it. */

/**
 * Milliseconds of this process's own computation since the call, without those of other processes: however busy the machine
 * is, a call that does nothing is told from one that takes a million times as long.
 */
export function computingTime(): () => number {
  const start = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1000;
  };
}

/** Resolves when something has become true; looks at it every millisecond, for as long as the machine needs. */
export async function becomes(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 1));
}
