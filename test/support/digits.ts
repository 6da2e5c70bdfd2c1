/** A small data set that a small network can learn: bytes around one centre for each class. */
import { Dataset } from "../../src/data/dataset.ts";
import { RandomState } from "../../src/random/random_state.ts";

export type ClusterOptions = {
  readonly count: number;
  readonly size: number;
  readonly classes: number;
  readonly seed: number;
};

/** `count` examples of `size` bytes; the centres depend on sizes alone, so that other seeds give other examples of the same classes. */
export function clusters({ count, size, classes, seed }: ClusterOptions): Dataset {
  const centres = new RandomState(1).randint(0, 256, classes * size);
  const random = new RandomState(seed);
  const labels = Uint8Array.from(random.choice(classes, count));
  const inputs = new Uint8Array(count * size);
  const noise = random.randn(count, size);
  for (let i = 0; i < inputs.length; i++) {
    const label = labels[Math.floor(i / size)]!;
    const value = centres[label * size + (i % size)]! + 40 * noise[i]!;
    inputs[i] = Math.max(0, Math.min(255, Math.round(value)));
  }
  return new Dataset({ name: "clusters", inputs, labels, shape: [size], classes, scale: 1 / 255 });
}

/** The same examples, with labels of which every second one is drawn anew. */
export function halfWrong({ name, inputs, labels, shape, classes, scale }: Dataset): Dataset {
  const random = new RandomState(5);
  const drawn = Uint8Array.from(labels, (label, i) => (i % 2 === 0 ? label : random.randint(0, classes)));
  return new Dataset({ name, inputs, labels: drawn, shape, classes, scale });
}
