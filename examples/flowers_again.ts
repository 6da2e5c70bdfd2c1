/**
 * The model of flowers.ts, from its file: columns, scales and names of classes are in it.
 *
 * Expect the name of a class.
 */
import { loadModel } from "lanegrad";

const model = await loadModel("flowers.safetensors");
console.log(model.predict({ sepal_length: 6.7, sepal_width: 3, petal_length: 5.6, petal_width: 2.1 }));
