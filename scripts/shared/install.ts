/** Packages of a folder of their own, installed when they are first needed: `npm ci` of the project stays light. */
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const LOCKFILE = "package-lock.json";
/** The lockfile that was installed from: times of files say little after a checkout. */
const INSTALLED = "node_modules/.installed-lock.json";

/** Whether what the folder's lockfile names is there. */
export function isInstalled(folder: string): boolean {
  const [wanted, there] = [join(folder, LOCKFILE), join(folder, INSTALLED)];
  return existsSync(there) && readFileSync(there, "utf8") === readFileSync(wanted, "utf8");
}

/**
 * Installs what the folder's lockfile names, unless that is there; says so.
 *
 * @throws {Error} npm fails, with what it says
 */
export function install(folder: string, what: string): void {
  if (isInstalled(folder)) return;
  console.error(`installing ${what} …`);
  execFileSync("npm", ["ci"], {
    cwd: folder,
    stdio: ["ignore", "ignore", "pipe"],
    shell: process.platform === "win32",
  });
  copyFileSync(join(folder, LOCKFILE), join(folder, INSTALLED));
}
