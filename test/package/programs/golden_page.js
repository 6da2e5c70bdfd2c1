/** Trains the golden table in a page. */
import { Engine, loadMnist } from "lanegrad";
import { goldenTable } from "./golden.js";
import { post } from "./post.js";

const server = new URLSearchParams(location.search).get("server");
try {
  const rows = await (await fetch("./golden.json")).json();
  const { train } = await loadMnist(`${server}/digits`);
  await post({ golden: await goldenTable(await Engine.load(), train, rows) });
} catch (error) {
  await post({ failure: `${error.name}: ${error.message}` });
}
