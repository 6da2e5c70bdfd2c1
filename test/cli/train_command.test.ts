/** `train` in this process: what it tells, what it leaves, and how it goes on. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FileError, version } from "../../src/cli/files.ts";
import { UsageError } from "../../src/cli/flags.ts";
import { trainCommand } from "../../src/cli/train.ts";
import { loadMnist } from "../../src/data/mnist.ts";
import { DivergedError } from "../../src/errors.ts";
import { decodeSafetensors } from "../../src/formats/safetensors.ts";
import { CheckpointError } from "../../src/train/checkpoints/checkpoint_error.ts";
import { BUILD } from "../support/engine.ts";
import { ROOT } from "../support/script.ts";
import { assertRejects } from "../support/throws.ts";
import { opening, systemError, whilePromised } from "./faults.ts";
import { digitsFolder, type Meanwhile, newPath, type Ran, ran } from "./ran.ts";

const test = suite("train, in this process");
const data = digitsFolder();
const ARGS = ["--data", data, "--hidden", "5", "--batch-size", "10"];
/** What a run prints of its first step. */
const STEPS = "iteration 0";

async function train(args: readonly string[], meanwhile?: Meanwhile): Promise<Ran> {
  return await ran(trainCommand, [...ARGS, ...args], meanwhile);
}

function jsonIn(folder: string, name: string): Readonly<Record<string, unknown>> {
  return JSON.parse(readFileSync(join(folder, name), "utf8")) as Record<string, unknown>;
}

test("what a run is: its sizes, its flags with their defaults, what it found", async () => {
  const args = ["--epochs", "2", "--validation", "0.2", "--out", newPath(), "--json", "--quiet"];
  const { code, rows, stderr } = await train(args);
  assert.is(code, 0);
  assert.is(stderr, "");
  const [start] = rows;
  assert.equal(start, {
    ...{ type: "start", version: version(), layers: [16, 5, 10], validation: 0.2, hidden: 5, weightInitStd: 0.01 },
    ...{ seed: 0, dtype: "float32", epochs: 2, batchSize: 10, learningRate: 0.1, build: "simd", layout: "auto" },
    ...{ steps: start?.["steps"], logEvery: 100, data, trainExamples: start?.["trainExamples"], testExamples: 30 },
    validationExamples: 60 - Number(start?.["trainExamples"]),
  });
  const examples = Number(start?.["trainExamples"]);
  assert.ok(examples >= 44 && examples <= 52, `${examples} of 60`);
  assert.is(start?.["steps"], 2 * Math.ceil(examples / 10));
  assert.is(rows.at(-1)?.["type"], "end");
  assert.is(rows.at(-1)?.["iterations"], start?.["steps"]);
});

test("a run of so many steps tells them as iterations, and has no validation examples unless they are asked for", async () => {
  const [start] = (await train(["--iterations", "2", "--out", newPath(), "--json"])).rows;
  assert.equal([start?.["iterations"], start?.["steps"], start?.["trainExamples"]], [2, undefined, 60]);
  assert.not("validationExamples" in start!);
});

test("its folder: the flags, and by what they can be used again; the log; the results", async () => {
  const out = newPath();
  const began = performance.now();
  const { code, stdout, stderr } = await train(["--iterations", "4", "--log-every", "2", "--seed", "3", "--out", out]);
  const most = (performance.now() - began) / 1000;
  assert.is(code, 0);
  const { train: examples, test: others } = await loadMnist(data);
  const hash = createHash("sha256");
  for (const { inputs, labels } of [examples, others]) hash.update(inputs).update(labels);
  assert.is(jsonIn(out, "config.json")["dataSha256"], hash.digest("hex"));
  assert.is(jsonIn(out, "config.json")["seed"], 3);
  const lines = stdout.trimEnd().split("\n");
  assert.is(lines[0], `lanegrad ${version()}: 16-5-10, float32, build simd, seed 3`);
  assert.is(lines[1], `60 training and 30 test digits from ${data}`);
  assert.is(lines.length, 5);
  const said = stderr.trimEnd().split("\n");
  assert.match(said[0]!, /^iteration 0 {2}loss \d\.\d{4}$/);
  const [logged = "", next = ""] = stderr.split(/^(?=next:$)/m);
  assert.is(readFileSync(join(out, "log.txt"), "utf8"), logged);
  assert.match(next, `-- evaluate ${out} --data ${data}`);
  assert.equal(readdirSync(out).sort(), [
    ...["checkpoint-000000004.safetensors", "config.json", "history.csv", "history.json", "log.txt"],
    ...["network.json", "weights.safetensors"],
  ]);
  const { configuration, end, outcome } = jsonIn(out, "history.json") as Record<string, Record<string, unknown>>;
  assert.equal([configuration?.["layers"], end?.["iterations"], outcome], [[16, 5, 10], 4, "finished"]);
  assert.ok(Number(end?.["seconds"]) > 0 && Number(end?.["seconds"]) < most);
});

test("seeds: one seed, one network; another seed, another one", async () => {
  const sha256 = async (seed: string, dtype = "float32") => {
    const args = ["--iterations", "2", "--seed", seed, "--dtype", dtype, "--out", newPath(), "--json"];
    return (await train(args)).rows.at(-1)?.["weightsSha256"];
  };
  assert.is(await sha256("1"), await sha256("1"));
  assert.is.not(await sha256("1"), await sha256("2"));
  assert.is.not(await sha256("1"), await sha256("1", "float64"));
});

test("--build js trains the same bits without WebAssembly", async () => {
  const sha256 = async (...args: readonly string[]) =>
    (await train([...args, "--iterations", "2", "--out", newPath(), "--json"])).rows.at(-1)?.["weightsSha256"];
  const wanted = await sha256();
  const { Instance, instantiate, compile } = WebAssembly;
  const none = () => assert.unreachable("WebAssembly") as never;
  Object.assign(WebAssembly, { Instance: none, instantiate: none, compile: none });
  try {
    assert.is(await sha256("--build", "js"), wanted);
  } finally {
    Object.assign(WebAssembly, { Instance, instantiate, compile });
  }
});

test("without data it takes the bundled digits, and says what their scores are not", async () => {
  const args = ["--iterations", "1", "--hidden", "2", "--out", newPath()];
  if (!existsSync(join(ROOT, "data/train-images-idx3-ubyte.gz"))) {
    const { message } = await assertRejects(() => ran(trainCommand, args), UsageError, "as it is installed");
    assert.match(message, "no data: --csv FILE --target COLUMN learns a table, --dataset mnist downloads MNIST");
    return;
  }
  const { stdout } = await ran(trainCommand, args);
  const note = "not a score on MNIST's test set: the bundled digits are split from MNIST's training images";
  const lines = stdout.split("\n");
  assert.is(lines[0], `lanegrad ${version()}: 784-2-10, float32, build simd, seed 0`);
  assert.is(
    lines[1],
    `8000 training and 2000 test digits from the repository's data folder: a score on them is ${note}`,
  );
  const [start] = (await ran(trainCommand, [...args, "--json", "--force"])).rows;
  assert.is(start?.["data"], "bundled");
});

test("a run that goes on: what it tells, what it renames, and the bits of an unbroken one", async () => {
  const [whole, broken] = [newPath(), newPath()];
  const steps = ["--json", "--checkpoint-every", "2"];
  const wanted = (await train([...steps, "--iterations", "6", "--out", whole])).rows.at(-1);
  await train([...steps, "--iterations", "4", "--out", broken]);
  const resume = join(broken, "checkpoint-000000002.safetensors");
  const resumed = await ran(trainCommand, ["--resume", resume, "--iterations", "6", "--log-every", "1"]);
  assert.is(resumed.code, 0);
  const lines = resumed.stdout.split("\n");
  assert.match(lines[2]!, /^resuming .*\d after 2 steps$/);
  assert.match(resumed.stderr, /^checkpoint-000000004\.safetensors is renamed: it is newer than this\niteration 2 /);
  assert.match(readFileSync(join(broken, "log.txt"), "utf8"), /\nresuming after 2 steps\niteration 2 /);
  const { end } = jsonIn(broken, "history.json") as { end: Record<string, unknown> };
  assert.is(end["weightsSha256"], wanted?.["weightsSha256"]);
  assert.is(end["iterations"], 6);
  assert.ok(Math.abs(Number(end["stepsPerSecond"]) * Number(end["seconds"]) - 4) < 1e-6, "of the steps made here");
  const { rows } = await ran(trainCommand, ["--resume", broken, "--json"]);
  assert.is(rows.at(-1)?.["weightsSha256"], wanted?.["weightsSha256"], "what is done is done");
});

test("a run goes on with a remark where its schedule changes, and not with other examples", async () => {
  const out = newPath();
  await train(["--epochs", "1", "--schedule", "cosine", "--out", out]);
  const longer = await ran(trainCommand, ["--resume", out, "--epochs", "2"]);
  assert.match(longer.stderr, "the schedule cosine is worked out anew for the longer run\n");
  const moved = digitsFolder();
  assert.is(
    (await ran(trainCommand, ["--resume", out, "--data", moved, "--epochs", "3"])).code,
    0,
    "the same elsewhere",
  );
  const other = digitsFolder(7);
  const call = () => ran(trainCommand, ["--resume", out, "--data", other, "--epochs", "4"]);
  const { message } = await assertRejects(call, FileError, "other examples");
  assert.match(message, new RegExp(`^${other}: other examples than those that .*\\d was trained on$`));
  const config = jsonIn(out, "config.json");
  const { dataSha256: _, ...unmarked } = config;
  writeFileSync(join(out, "config.json"), JSON.stringify(unmarked));
  assert.is(
    (await ran(trainCommand, ["--resume", out, "--data", other, "--epochs", "4"])).code,
    0,
    "where nobody knows",
  );
  await assertRejects(() => ran(trainCommand, ["--resume", newPath()]), FileError, "no run");
});

test("flags that fit nothing leave a folder as it was", async () => {
  const out = newPath();
  await train(["--iterations", "1", "--out", out]);
  const before = readdirSync(out).map((name) => [name, readFileSync(join(out, name), "hex")]);
  const refused = ["--data", data, "--layers", "9,10", "--out", out];
  await assertRejects(() => ran(trainCommand, refused), UsageError, "layers");
  const other = newPath();
  await train(["--iterations", "1", "--out", other]);
  const [checkpoint = ""] = readdirSync(other).filter((name) => name.startsWith("checkpoint"));
  writeFileSync(join(other, "config.json"), JSON.stringify({ ...jsonIn(other, "config.json"), hidden: 6 }));
  await assertRejects(() => ran(trainCommand, ["--resume", join(other, checkpoint)]), CheckpointError, "another run");
  assert.equal(
    readdirSync(out).map((name) => [name, readFileSync(join(out, name), "hex")]),
    before,
  );
});

test("a loss that stops being finite ends it with the history so far", async () => {
  const out = newPath();
  let said = "";
  const call = () =>
    train(["--iterations", "90", "--learning-rate", "1e38", "--activation", "relu", "--out", out], () => {
      process.stderr.write = (text) => {
        said += String(text);
        return true;
      };
    });
  const { iteration } = await assertRejects(call, DivergedError, "diverged");
  const { losses, end, outcome } = jsonIn(out, "history.json") as Record<string, unknown[]>;
  assert.is(losses?.length, iteration + 1);
  assert.equal([end, outcome], [null, undefined]);
  assert.match(
    said,
    /^the history so far is in .*\d\nno checkpoint was saved before that: --checkpoint-every N saves one/m,
  );
  assert.not(existsSync(join(out, "weights.safetensors")));
  assert.not(existsSync(join(out, "run.lock")));
});

test("an error of another kind is no end of a run: it has no history", async () => {
  const out = newPath();
  const call = () =>
    train(["--iterations", "9", "--json", "--out", out], () => {
      process.stdout.write = (text) => {
        if (String(text).includes('"step"')) throw new TypeError("a defect");
        return true;
      };
    });
  await assertRejects(call, TypeError, "a defect");
  assert.not(existsSync(join(out, "history.json")));
});

test("Ctrl-C ends a download, too", async () => {
  const server = createServer(() => process.emit("SIGTERM")); // it never answers
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const given = { LANEGRAD_MNIST_MIRRORS: `http://127.0.0.1:${port}/`, LANEGRAD_CACHE: newPath() };
  const before = Object.keys(given).map((key) => [key, process.env[key]] as const);
  Object.assign(process.env, given);
  try {
    assert.is((await ran(trainCommand, ["--dataset", "mnist", "--out", newPath()])).code, 143);
  } finally {
    for (const [key, value] of before) {
      if (value === undefined) delete process.env[key];
      else process.env[key] = value;
    }
    server.closeAllConnections();
    server.close();
  }
});

test("Ctrl-C ends it after its step, and it can go on; the results are there", async () => {
  const out = newPath();
  const args = ["--iterations", "100000", "--out", out];
  const { code, stdout, stderr } = await train(args, { after: STEPS, act: () => process.emit("SIGINT") });
  assert.is(code, 130);
  assert.match(stderr, "\nSIGINT: finishing this step; Ctrl-C, after a second, quits at once\n");
  assert.match(stdout, /\nto resume: npm run -s lanegrad -- train --resume /);
  const { losses, outcome } = jsonIn(out, "history.json") as { losses: unknown[]; outcome: string };
  assert.is(outcome, "aborted");
  assert.ok(losses.length > 0 && losses.length < 100_000);
  assert.ok(existsSync(join(out, "weights.safetensors")));
});

test("output that is lost ends it after its step, with exit code 1", async () => {
  const out = newPath();
  const act = () => process.stdout.emit("error", Object.assign(new Error("gone"), { code: "EPIPE" }));
  const { code, stderr } = await train(["--iterations", "100000", "--out", out], { after: STEPS, act });
  assert.is(code, 1);
  assert.match(stderr, "\nstandard output: nobody reads it any more: finishing this step;");
  assert.is(jsonIn(out, "history.json")["outcome"], "aborted");
});

test("a folder that is lost: the results are elsewhere, and the exit code is 1", async () => {
  const out = newPath();
  const temporary = newPath();
  mkdirSync(temporary);
  const before = process.env["TMPDIR"];
  process.env["TMPDIR"] = temporary;
  let ended: Ran;
  try {
    const act = () => {
      rmSync(out, { recursive: true });
      writeFileSync(out, "a file in its place");
    };
    ended = await train(["--iterations", "4000", "--out", out], { after: STEPS, act });
  } finally {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
  }
  assert.is(ended.code, 1);
  const [rescue = ""] = readdirSync(temporary);
  assert.ok(existsSync(join(temporary, rescue, "weights.safetensors")));
  assert.match(ended.stderr, `the results are in ${join(temporary, rescue)}`);
});

test("--keep, --checkpoint-every and the default of three", async () => {
  const names = async (...args: readonly string[]) => {
    const out = newPath();
    await train(["--iterations", "5", "--checkpoint-every", "1", ...args, "--out", out]);
    return readdirSync(out).filter((name) => name.startsWith("checkpoint"));
  };
  assert.is((await names()).length, 3);
  assert.equal(await names("--keep", "1"), ["checkpoint-000000005.safetensors"]);
});

/** What a full disk does to files whose names have this in them. */
function fullFor(part: string): (call: string, path: string) => void {
  return (call, path) => {
    if (call === "writeFile" && path.includes(part)) throw systemError("ENOSPC");
  };
}

test("a run that diverges names the last checkpoint, which can be resumed and holds finite weights", async () => {
  const out = newPath();
  const args = ["--activation", "relu", "--schedule", "step", "--decay-every", "3", "--decay-factor", "1e39"];
  const saving = [
    "--iterations",
    "90",
    "--batch-size",
    "10",
    "--learning-rate",
    "0.1",
    "--checkpoint-every",
    "1",
    "--keep",
    "1",
  ];
  let said = "";
  const call = () =>
    ran(trainCommand, ["--data", data, "--hidden", "5", ...saving, ...args, "--out", out], () => {
      process.stderr.write = (text) => {
        said += String(text);
        return true;
      };
    });
  const { iteration } = await assertRejects(call, DivergedError, "diverged");
  assert.is(iteration, 3);
  const name = "checkpoint-000000003.safetensors";
  assert.match(said, new RegExp(`\nthe last checkpoint, whose weights are finite, is .*\\d/${name}\n$`));
  assert.equal(
    readdirSync(out).filter((file) => file.startsWith("checkpoint")),
    [name],
  );
  const { tensors } = decodeSafetensors(readFileSync(join(out, name)));
  for (const { name: of, data: values } of tensors)
    assert.ok(
      values.every((x) => Number.isFinite(Number(x))),
      of,
    );
  assert.is((jsonIn(out, "history.json")["losses"] as unknown[]).length, 4);
});

test("an earlier run is neither replaced nor touched without --force, which leaves nothing of it", async () => {
  const out = newPath();
  await train(["--iterations", "5", "--checkpoint-every", "1", "--report", "--out", out]);
  const content = () => readdirSync(out).map((name) => [name, readFileSync(join(out, name), "hex")]);
  const before = content();
  const again = ["--iterations", "2", "--seed", "9", "--out", out];
  const { message } = await assertRejects(() => train(again), UsageError, "over a run");
  assert.match(message, /: holds a run \(16-5-10, data .*, 5 of 5 iterations, finished, 20.*, test accuracy \d/);
  assert.equal(content(), before);
  assert.is((await train([...again, "--force"])).code, 0);
  assert.equal(readdirSync(out).sort(), [
    ...["checkpoint-000000002.safetensors", "config.json", "history.csv", "history.json", "log.txt"],
    ...["network.json", "weights.safetensors"],
  ]);
  assert.is(jsonIn(out, "config.json")["seed"], 9);
  assert.not("force" in jsonIn(out, "config.json"), "a second start by --config refuses again");
  await assertRejects(() => train(["--force"]), UsageError, "a folder that is new anyway");
});

test("the folder of the examples is not a run's", async () => {
  const { message } = await assertRejects(() => train(["--iterations", "2", "--out", data]), UsageError, "the data");
  assert.match(message, "the folder of the examples");
  assert.equal(readdirSync(data).length, 4);
  const address = String(pathToFileURL(data));
  const call = () => ran(trainCommand, ["--data", address, "--batch-size", "10", "--iterations", "2", "--out", data]);
  await assertRejects(call, UsageError, "by its address");
});

test("--report: figures in the run's folder, or a word on why not", async () => {
  const out = newPath();
  const drawn = await train(["--iterations", "2", "--report", "--out", out]);
  assert.match(drawn.stderr, /^report\.html and its figures are in .*\d: file:\/\/.*\/report\.html\nnext:\n/m);
  assert.ok(existsSync(join(out, "report.html")) && existsSync(join(out, "loss.svg")));
  const page = readFileSync(join(out, "report.html"), "utf8");
  assert.match(page, '<dt>Steps</dt><dd class="value">2</dd>');
  assert.match(page, `<th scope="row">data</th><td>${data}</td>`);
  const full = await whilePromised(
    "open",
    (original) => opening(original, fullFor(".svg")),
    () => train(["--iterations", "2", "--report", "--out", newPath()]),
  );
  assert.is(full.code, 0, "the run does not fail for them");
  assert.match(
    full.stderr,
    /no report: cannot write to .*loss\.svg: ENOSPC.*; later: npm run -s lanegrad -- report .*\d\n/,
  );
  assert.not.match((await train(["--iterations", "2", "--out", newPath()])).stderr, "report.html");
});

test("its weights are those of the network that it describes", async () => {
  const out = newPath();
  const layers = ["--layers", "16,6,10", "--batch-size", "10"];
  await ran(trainCommand, ["--data", data, ...layers, "--iterations", "1", "--out", out]);
  const { tensors } = decodeSafetensors(readFileSync(join(out, "weights.safetensors")));
  assert.equal(
    tensors.map(({ name, shape }) => `${name} ${shape}`),
    ["W1 16,6", "b1 6", "W2 6,10", "b2 10"],
  );
});

if (BUILD === "simd") test.run(); // nothing here depends on the build of the kernels
