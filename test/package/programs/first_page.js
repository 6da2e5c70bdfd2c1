/** In a page before the README's first program: posts what that prints, or why it does not. */
import { post } from "./post.js";

console.log = (...words) => post({ printed: words.join(" ") });
addEventListener("error", ({ message }) => post({ failure: message }));
addEventListener("unhandledrejection", ({ reason }) => post({ failure: String(reason) }));
