/** `lanegrad export`: a network in another program's format. */
import { extname } from "node:path";
import {
  describeNetwork,
  Engine,
  encodeNetwork,
  encodeNpz,
  encodeOnnx,
  type FloatType,
  type Naming,
  type Network,
  weightsOf,
} from "lanegrad";
import { type Command, command } from "./command.ts";
import { checkNewFile } from "./earlier_run.ts";
import { relativePath, writeFile } from "./files.ts";
import { named, toggle, UsageError, word } from "./flags.ts";
import { MODEL_FLAGS, type ModelValues, openModel, sizesOf } from "./model.ts";
import type { Parsed } from "./options.ts";
import { print, printJson } from "./report.ts";

const FORMATS = ["safetensors", "npz", "onnx", "json"] as const;
type Format = (typeof FORMATS)[number];

type ExportValues = Pick<ModelValues, "network"> & {
  readonly to?: Format | undefined;
  readonly naming?: Naming | undefined;
  readonly round?: boolean | undefined;
  readonly force?: boolean | undefined;
  readonly json?: boolean | undefined;
};

export const exportCommand: Command = command<ExportValues>({
  name: "export",
  about: "Writes a network as safetensors, .npz, an ONNX model that predicts, or its description alone as JSON.",
  usage: "export RUN|FILE OUTPUT [options]",
  operands: [2, 2],
  flags: {
    to: word("FORMAT", FORMATS, `${FORMATS.join(", ")} (what OUTPUT ends in)`),
    naming: word(
      "N",
      ["lanegrad", "pytorch"],
      "names of the tensors in safetensors and .npz: lanegrad, or pytorch's (lanegrad)",
    ),
    round: toggle("rounds a float64 network to float32, as onnx needs it"),
    force: toggle("replaces OUTPUT where it is there"),
    network: named("FILE", MODEL_FLAGS.network.about),
    json: toggle("one JSON object"),
  },
  examples: [
    "lanegrad export runs/one digits.onnx",
    "lanegrad export runs/one digits.safetensors --naming pytorch",
    "lanegrad export runs/one/best.safetensors weights.npz",
  ],
  run: exportModel,
});

async function exportModel({ values, operands: [path = "", output = ""] }: Parsed<ExportValues>): Promise<number> {
  const format = formatOf(values, output);
  checkNewFile(output, values.force);
  if (values.naming === "pytorch" && format !== "safetensors" && format !== "npz") {
    throw new UsageError(`--naming: ${format} has no names of its own; safetensors and npz do`);
  }
  using engine = await Engine.load();
  const model = await openModel(engine, path, values.network === undefined ? {} : { network: values.network });
  using net = model.net;
  const bytes = encode(net, format, values);
  await writeFile(output, bytes, "choose another file");
  if (values.json) printJson({ file: model.file, output, format, bytes: bytes.length });
  else
    print([
      `${relativePath(model.file)}: ${sizesOf(net)}, ${net.dtype} → ${relativePath(output)}, ${bytes.length} bytes`,
    ]);
  return 0;
}

function formatOf({ to }: ExportValues, output: string): Format {
  if (to !== undefined) return to;
  const extension = extname(output).slice(1);
  const found = FORMATS.find((format) => format === extension);
  if (found !== undefined) return found;
  throw new UsageError(`${output}: ends in no format that is known; --to ${FORMATS.join(", ")}`);
}

function encode(net: Network<FloatType>, format: Format, { naming = "lanegrad", round }: ExportValues): Uint8Array {
  switch (format) {
    case "safetensors":
      return encodeNetwork(net, { naming });
    case "npz":
      return encodeNpz(weightsOf(net, { naming }));
    case "onnx":
      return encodeOnnx(net, { narrowing: round ? "round" : "refuse" });
    case "json":
      return new TextEncoder().encode(`${JSON.stringify(describeNetwork(net), undefined, 2)}\n`);
    default:
      return format satisfies never;
  }
}
