/** The page's run in Node, on the bundled digits: the same settings, the same bits. */
import { fileURLToPath } from "node:url";
import { descriptionOf, optimizerOf, type Settings } from "../../examples/browser/src/settings.ts";
import { loadMnist } from "../../src/data/mnist.ts";
import { encodeNetwork } from "../../src/nn/files/network_file.ts";
import { type Network, network } from "../../src/nn/network.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { train } from "../../src/train/loop/train.ts";
import { Engine } from "../../src/wasm/engine.ts";

const DIGITS = fileURLToPath(new URL("../../data/", import.meta.url));

type Digits = Awaited<ReturnType<typeof loadMnist>>;

export class NodeRun {
  readonly net: Network;
  readonly #engine: Engine;
  readonly #digits: Digits;
  readonly #settings: Settings;
  readonly #random: RandomState;

  static async prepare(settings: Settings): Promise<NodeRun> {
    return new NodeRun(await Engine.load(), settings, await loadMnist(DIGITS));
  }

  private constructor(engine: Engine, settings: Settings, digits: Digits) {
    this.#engine = engine;
    this.#digits = digits;
    this.#settings = settings;
    this.#random = new RandomState(settings.seed);
    this.net = network(engine, descriptionOf(settings, 784, 10), { random: this.#random });
  }

  /** @returns how many steps it made */
  async train(): Promise<number> {
    const { epochs, batch: batchSize } = this.#settings;
    const { losses } = await train(this.net, this.#digits.train, {
      ...{ epochs, batchSize, optimizer: optimizerOf(this.#settings), random: this.#random },
      ...{ test: this.#digits.test, evaluateEvery: 50 },
    });
    return losses.length;
  }

  [Symbol.dispose](): void {
    this.net.dispose();
    this.#engine[Symbol.dispose]();
  }
}

/** The bytes of the file with the trained network. */
export async function trainedInNode(settings: Settings): Promise<Uint8Array> {
  using run = await NodeRun.prepare(settings);
  await run.train();
  return encodeNetwork(run.net);
}
