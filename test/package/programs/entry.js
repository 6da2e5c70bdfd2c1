/** The page's script, where the bundler finds the worker's file by itself, or there is no bundler. */
import { main } from "./page.js";

main();
