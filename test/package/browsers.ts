/** Browsers, started with an address and without a driver: pages post what they find. */
import { spawn } from "node:child_process";
import { accessSync, constants, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { temporaryFolder } from "./project.ts";

/** A browser; no command where this machine has none. */
export type Browser = {
  readonly name: string;
  readonly command: string | undefined;
  /** What puts it on a machine with apt. */
  readonly install: string;
  readonly argumentsFor: (profile: string, address: string) => readonly string[];
};

/** No updates, no first-run pages, nothing fetched in the background. */
const FIREFOX_PREFERENCES: Readonly<Record<string, boolean | string>> = {
  "app.update.enabled": false,
  "browser.shell.checkDefaultBrowser": false,
  "browser.startup.homepage_override.mstone": "ignore",
  "browser.aboutwelcome.enabled": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "toolkit.telemetry.reportingpolicy.firstRun": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "extensions.update.enabled": false,
};

export function browsers(): Browser[] {
  return [
    {
      name: "Chromium",
      command: firstOf(["chromium", "chromium-browser", "google-chrome"]),
      install: "apt-get install -y --no-install-recommends chromium",
      argumentsFor: (profile, address) => [
        ...[
          "--headless",
          "--no-sandbox",
          "--disable-gpu",
          "--disable-dev-shm-usage",
          "--disable-quic",
          "--no-first-run",
        ],
        ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
        ...[`--user-data-dir=${profile}`, address],
      ],
    },
    {
      name: "Firefox",
      command: firstOf(["firefox-esr", "firefox"]),
      install: "apt-get install -y --no-install-recommends firefox-esr",
      argumentsFor: (profile, address) => ["--headless", "--no-remote", "--profile", profile, address],
    },
  ];
}

/** Opens an address; the returned function ends the browser. */
export function open({ command, argumentsFor }: Browser, address: string): () => Promise<void> {
  const profile = temporaryFolder();
  const preferences = Object.entries(FIREFOX_PREFERENCES).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`,
  );
  writeFileSync(join(profile, "user.js"), preferences.join(""));
  // A group of its own, so that the processes that it starts end with it.
  const child = spawn(command ?? "", argumentsFor(profile, address), { stdio: "ignore", detached: true });
  const gone = new Promise<void>((resolve) => child.on("close", () => resolve()).on("error", () => resolve()));
  const kill = () => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL");
  };
  process.on("exit", kill);
  return async () => {
    process.off("exit", kill);
    kill();
    await gone;
  };
}

function firstOf(names: readonly string[]): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
