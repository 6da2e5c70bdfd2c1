/** Prints the answer in Node. */
import { Engine } from "lanegrad";
import { answerOf } from "./answer.js";

console.log(JSON.stringify(answerOf(await Engine.load())));
