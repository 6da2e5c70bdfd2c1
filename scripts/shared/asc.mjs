/**
 * AssemblyScript's compiler in a process of its own, which compiles what it is sent. It runs without tsx, which takes ten seconds to
 * look through the compiler's 13 MB, and stays, because the runtime optimizes the compiler's own code as it runs.
 */
import asc from "assemblyscript/asc";

process.on("message", async ({ options, files }) => {
  let bytes;
  const { error, stderr } = await asc.main(options, {
    readFile: (name) => files.get(name) ?? null,
    writeFile: (_, content) => {
      if (typeof content !== "string") bytes = content;
    },
    listFiles: () => null,
  });
  process.send({ bytes: error === null ? bytes : undefined, messages: stderr.toString() });
});
