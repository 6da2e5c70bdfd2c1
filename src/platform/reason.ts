import { hasMessage, messageOf } from "../values.ts";

/** Why a folder cannot be read as a file. */
export const IS_FOLDER = "a folder, not a file";

/** One line for what was thrown, with its cause: `fetch failed: connect ECONNREFUSED 127.0.0.1:80`. */
export function reasonOf(error: unknown): string {
  const cause = hasMessage(error) && "cause" in error ? error.cause : undefined;
  return hasMessage(cause) ? `${messageOf(error)}: ${messageOf(cause)}` : messageOf(error);
}
