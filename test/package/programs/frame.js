/** In a frame whose origin is its own. */
import { answerOf } from "./answer.js";
import { Engine } from "./node_modules/lanegrad/dist/index.js";
import { post } from "./post.js";

try {
  if (origin !== "null") throw new Error(`expected an origin of its own, found ${origin}`);
  const expected = await (await fetch("./answer.json")).text();
  await post({ agree: JSON.stringify(answerOf(await Engine.load())) === expected.trim() });
} catch (error) {
  await post({ failure: `${error.name}: ${error.message}` });
}
