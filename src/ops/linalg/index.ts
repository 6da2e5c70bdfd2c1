/** lanegrad/linalg: linear algebra, after `numpy.linalg`. */

export { cholesky } from "./cholesky.ts";
export { type Eigh, eigh } from "./eigh.ts";
export { LinAlgError, type LinAlgFault } from "./error.ts";
export { qr } from "./qr.ts";
export { det, inverse, solve, solveTriangular, type TriangularOptions } from "./solve.ts";
export { type Svd, type SvdOptions, svd } from "./svd.ts";
export type { Triangle } from "./triangle.ts";
