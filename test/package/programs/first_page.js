/** The README's first program in a page: posts what it prints. */
const lines = [];
console.log = (...words) => lines.push(words.join(" "));
const query = new URLSearchParams(location.search);
let found;
try {
  await import("./first.js"); // written beside it
  found = { printed: lines.join("\n") };
} catch (error) {
  found = { failure: `${error.name}: ${error.message}` };
}
await fetch(`${query.get("server")}/result/${query.get("row")}`, { method: "POST", body: JSON.stringify(found) });
