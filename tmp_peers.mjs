import { workItems, distanceOf } from "./bench/peers/work.ts";
import { loadDigits } from "./bench/digits.ts";
const engines = {};
for (const [n,f,l] of [["torch","python","loadTorch"],["tfjs","tfjs","loadTfjs"],["ort","onnx","loadOnnx"],["numpy","python","loadNumpy"],["cpu","tfjs","loadTfjsCpu"],["jax","jax","loadJax"]]) {
  try { engines[n] = await (await import(`./bench/peers/engines/${f}.ts`))[l](); console.log(n, engines[n].version ?? ""); } catch (e) { console.log(n, "!", e.message.slice(0,200)); }
}
const only = process.argv[2] ?? "";
for (const item of workItems(await loadDigits()).filter(({name}) => /Net|64-128|separ/.test(name) && name.includes(only))) {
  const work = item.make(); let ours;
  console.log(item.name, (item.flops/1e6).toFixed(0), "MFLOP");
  for (const [n, e] of Object.entries(engines)) {
    if (n === "cpu" && !/LeNet/.test(item.name)) continue;
    if (n === "jax" && /64-128/.test(item.name)) continue;
    try { const p = await e.prepare(work); await p.seconds(1); const r = Float32Array.from(await p.result()); ours ??= r;
      const d = distanceOf(work, r, ours); const s = await p.seconds(1); console.log("  ", n, d.toExponential(1), (1000*s).toFixed(1), "ms"); p.dispose();
    } catch (err) { console.log("  ", n, "!", err.message.split("\n")[0].slice(0,200)); }
  }
}
for (const e of Object.values(engines)) e.close();
process.exit(0);
