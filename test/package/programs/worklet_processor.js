/** In an audio worklet: there is no URL, no TextDecoder, no timer. */
import { answerOf } from "./answer.js";
import { Engine } from "./node_modules/lanegrad/dist/index.js";

class Answers extends AudioWorkletProcessor {
  constructor({ processorOptions: { module } }) {
    super();
    this.answer(module);
  }

  async answer(wasm) {
    try {
      const refused = await Engine.load().catch(String);
      this.port.postMessage({ refused, answer: answerOf(await Engine.load({ wasm })) });
    } catch (error) {
      this.port.postMessage({ failure: String(error) });
    }
  }

  process() {
    return true;
  }
}

registerProcessor("answers", Answers);
