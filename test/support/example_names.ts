/**
 * What the examples in doc comments take as given. Every other name in them is the library's, or the example's own.
 */
import { dense, Engine, loadMnist, type Mnist, type Network, network, relu, sequential } from "lanegrad";

export const engine: Engine = await Engine.load();
/** The digits of the repository. */
export const mnist: Mnist = await loadMnist("data");
export const net: Network<"float32"> = network(engine, sequential(dense(784, 50), relu(), dense(50, 10)));
