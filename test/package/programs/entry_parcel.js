/** The page's script by Parcel, which makes no module of the reference kernels that a worker could load. */
import { main } from "./page.js";

main({ reference: false });
