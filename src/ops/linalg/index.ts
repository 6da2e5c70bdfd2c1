/** lanegrad/linalg: linear algebra, after `numpy.linalg`. */

export { cholesky } from "./cholesky.ts";
export { LinAlgError, type LinAlgFault } from "./error.ts";
export {
  det,
  inverse,
  solve,
  solveTriangular,
  type TriangularOptions,
} from "./solve.ts";
export type { Triangle } from "./triangle.ts";
