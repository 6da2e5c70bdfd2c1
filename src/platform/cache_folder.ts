/**
 * The folder that a system sets aside for files which can be fetched again.
 *
 *   any system   $LANEGRAD_CACHE
 *   Windows      %LOCALAPPDATA%\lanegrad\Cache
 *   macOS        ~/Library/Caches/lanegrad
 *   others       $XDG_CACHE_HOME/lanegrad, or ~/.cache/lanegrad
 */

/** What the choice depends on: Node's `process.platform`, `process.env` and `os.homedir()`. */
export type Machine = {
  readonly system: string;
  readonly environment: { readonly [name: string]: string | undefined };
  readonly home: string;
};

/** The cache folder of a machine. An empty variable counts as unset, and so does a relative $XDG_CACHE_HOME, as its specification asks. */
export function cacheFolder({ system, environment, home }: Machine): string {
  const chosen = environment["LANEGRAD_CACHE"];
  if (chosen) return chosen;
  if (system === "win32") return `${environment["LOCALAPPDATA"] || `${home}\\AppData\\Local`}\\lanegrad\\Cache`;
  if (system === "darwin") return `${home}/Library/Caches/lanegrad`;

  const shared = environment["XDG_CACHE_HOME"];
  return shared?.startsWith("/") ? `${shared}/lanegrad` : `${home}/.cache/lanegrad`;
}
