/** Hands the kernels, compiled, to an audio worklet, which has no `fetch`, and asks it for its answer. */
import { post } from "./post.js";

try {
  const module = await WebAssembly.compile(await (await fetch("./simd.wasm")).arrayBuffer());
  const expected = await (await fetch("./answer.json")).text();
  const context = new OfflineAudioContext(1, 128, 44_100);
  await context.audioWorklet.addModule("./worklet_processor.js");
  const node = new AudioWorkletNode(context, "answers", { processorOptions: { module } });
  node.onprocessorerror = () => post({ failure: "the processor could not be made" });
  node.port.onmessage = ({ data: { answer, refused, failure } }) => {
    const isNamed = /^EngineError: .*worklets have no import\(\)/.test(refused);
    if (failure === undefined && !isNamed)
      post({ failure: `expected an EngineError without kernels, found ${refused}` });
    else post({ failure, agree: JSON.stringify(answer) === expected.trim() });
  };
  await context.startRendering();
} catch (error) {
  await post({ failure: `${error.name}: ${error.message}` });
}
