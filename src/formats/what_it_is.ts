/**
 * What the bytes of a file are, by how they begin: for errors, where a file is not what its reader expects.
 */

import type { FileKind } from "./format_error.ts";

/** Between the fields of a table. */
const MARKS = [",", ";", "\t"] as const;
/** How much of the file is looked at. */
const HEAD_BYTES = 1024;
const SHOWN_CHARACTERS = 40;
/** Where Unicode has pictures of the characters below a space. */
const PICTURES = 0x2400;
/** Tab and the two characters of line breaks. */
const SPACES: readonly number[] = [9, 10, 13];

const FROM_PYTHON = "in Python, save its tensors with safetensors.torch.save_file or numpy.savez";
const A_PAGE = "download the file itself, for which a server sent this page";
const UNPACK = "unpack it first";

/** The first that fits: how a file begins, one character a byte, those below a space as their pictures (␀ is 0); name; cure. */
const KINDS: readonly (readonly [RegExp, string, string?])[] = [
  [/^$/, "an empty file", "download or copy it again"],
  [/^version https:\/\/(git-lfs|hawser)/, "a Git LFS pointer", "run git lfs pull"],
  [/^.{5}␀␀␀{\s*["}]/s, "a safetensors file", "decodeSafetensors reads it"],
  [/^\x93NUMPY/, "an .npy file", "decodeNpy reads it"],
  [/^␀␀[␈\t␋-␎\r][␀-␈]/, "an IDX file", "readIdx reads it"],
  [/^(PK␃␄.*\/data\.pkl|\x80␂\x8a\nl\xfc\x9cF\xf9 j\xa8P␙)/s, "a PyTorch file", FROM_PYTHON],
  [/^PK␃␄.*(\.weights\.h5|metadata\.json.*config\.json)/s, "a Keras file", FROM_PYTHON],
  [/^PK␃␄.*\.npy/s, "an .npz file", "decodeNpz reads it"],
  [/^PK(␃␄|␅␆)/, "a zip archive", UNPACK],
  [/^␟\x8b/, "gzip data", UNPACK],
  [/^(BZh|\xfd7zXZ|\(\xb5\/\xfd|7z\xbc\xaf|Rar!|.{257}ustar)/s, "an archive", UNPACK],
  [/^\x80[␂-␅]/, "a Python pickle", FROM_PYTHON],
  [/^\x89HDF/, "an HDF5 file", FROM_PYTHON],
  [/^GGUF/, "a GGUF file"],
  [/^.{4}TFL3/s, "a TensorFlow Lite file"],
  [/^␈[␁-␟\t\n\r][␒:B]/, "an ONNX file"],
  [/^(\x89PNG|\xff\xd8\xff|GIF8|BM.{4}␀␀␀␀|RIFF.{4}WEBP)/s, "a picture"],
  [/^%PDF/, "a PDF file"],
  [/^\s*<(!doctype html|html|head|body|script|!--)/i, "an HTML page", A_PAGE],
  [/^\s*<[?!a-z]/i, "an XML page", A_PAGE],
  [/^\s*{.*"weight_map"/s, "the index of a model in several files", "read the files that it names"],
  [/^\s*{.*"lanegrad network"/s, "a network's description, without weights", "parseDescription reads it"],
  [/^\s*([{[]\s*["\d{[\-\]}]|\[\s*(true|false|null)\b)/, "JSON"],
];

/** The kind of a file, by its first bytes; undefined where nothing known begins like them. */
export function whatItIs(bytes: Uint8Array): FileKind | undefined {
  const head = headOf(bytes);
  const [, name, cure = ""] = KINDS.find(([start]) => start.test(head)) ?? [];
  if (name !== undefined) return { name, cure };
  const text = textOf(bytes);
  if (text === undefined) return undefined;
  const [line = "", next = ""] = text
    .split(/[\r\n]/)
    .map((words) => words.trim())
    .filter((words) => words !== "");
  const isTable = MARKS.some((mark) => line.includes(mark) && next.includes(mark));
  if (isTable) return { name: "a table of text", cure: "parseCsv reads it" };
  return { name: `text: ${JSON.stringify(line.slice(0, SHOWN_CHARACTERS))}`, cure: "" };
}

/** The first bytes, one character each, without a byte-order mark; of UTF-16, every other one. */
function headOf(bytes: Uint8Array): string {
  const codes = Array.from(bytes.subarray(0, HEAD_BYTES), (byte) =>
    byte < 32 && !SPACES.includes(byte) ? PICTURES + byte : byte,
  );
  const head = String.fromCharCode(...codes);
  return /^(\xff\xfe|\xfe\xff)/.test(head) ? head.slice(2).replaceAll("␀", "") : head.replace(/^\xef\xbb\xbf/, "");
}

/** The beginning as text; undefined if it is not text. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    const decoder = new TextDecoder("utf-8", { fatal: true });
    const text = decoder.decode(bytes.subarray(0, HEAD_BYTES), { stream: true });
    return /[^\P{Cc}\s]/u.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}
