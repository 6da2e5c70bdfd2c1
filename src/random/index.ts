/** lanegrad/random: NumPy's `RandomState` with its distributions. */

export {
  type DrawSize,
  type Draws,
  NumpyRandomState,
  type Population,
  type WeightedChoiceOptions,
} from "./numpy_random_state.ts";
