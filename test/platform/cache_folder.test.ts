import { suite } from "uvu";
import * as assert from "uvu/assert";

import { cacheFolder } from "../../src/platform/cache_folder.ts";
import { cache } from "../../src/platform/node.ts";

const test = suite("cache folder");

test("each system has its own place", () => {
  const home = "/home/ada";
  const xdg = { XDG_CACHE_HOME: "/var/ada" };
  assert.is(cacheFolder({ system: "linux", environment: {}, home }), "/home/ada/.cache/lanegrad");
  assert.is(cacheFolder({ system: "linux", environment: xdg, home }), "/var/ada/lanegrad");
  assert.is(cacheFolder({ system: "freebsd", environment: xdg, home }), "/var/ada/lanegrad");
  assert.is(cacheFolder({ system: "darwin", environment: xdg, home }), "/home/ada/Library/Caches/lanegrad");

  const windows = { system: "win32", home: "C:\\Users\\ada" };
  const local = "C:\\Users\\ada\\AppData\\Local";
  assert.is(cacheFolder({ ...windows, environment: {} }), `${local}\\lanegrad\\Cache`);
  assert.is(cacheFolder({ ...windows, environment: { LOCALAPPDATA: "D:\\l" } }), "D:\\l\\lanegrad\\Cache");
});

test("$LANEGRAD_CACHE comes first everywhere", () => {
  for (const system of ["linux", "darwin", "win32"]) {
    assert.is(
      cacheFolder({ system, environment: { LANEGRAD_CACHE: "here", XDG_CACHE_HOME: "/x" }, home: "/" }),
      "here",
    );
  }
});

test("an empty variable is none, and neither is a relative $XDG_CACHE_HOME", () => {
  for (const variable of ["", "relative/path"]) {
    const environment = { LANEGRAD_CACHE: "", XDG_CACHE_HOME: variable };
    assert.is(cacheFolder({ system: "linux", environment, home: "/h" }), "/h/.cache/lanegrad");
  }
});

test("the environment is read when the folder is asked for", () => {
  const before = process.env["LANEGRAD_CACHE"];
  try {
    process.env["LANEGRAD_CACHE"] = "/chosen";
    assert.is(cache?.folder(), "/chosen");
  } finally {
    if (before === undefined) delete process.env["LANEGRAD_CACHE"];
    else process.env["LANEGRAD_CACHE"] = before;
  }
});

test.run();
