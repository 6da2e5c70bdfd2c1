/** Digits to learn: those that come with the page, files that were dropped, or a folder of this site. */
import { type Dataset, loadMnist } from "lanegrad";

export const SIDE = 28;
export const CLASSES = 10;

export type Digits = {
  readonly train: Dataset<Uint8Array>;
  readonly test: Dataset<Uint8Array>;
  /** What is to be said of them. */
  readonly note: string;
};

const FILES = [
  "train-images-idx3-ubyte",
  "train-labels-idx1-ubyte",
  "t10k-images-idx3-ubyte",
  "t10k-labels-idx1-ubyte",
];
/** MNIST's images are 47 MB. */
const LARGEST_BYTES = 2 ** 28;
const OF_THE_PAGE = "10,000 of MNIST’s training digits; a score on them is not a score on MNIST’s test set.";

/** How much has come of how much. */
export type OnProgress = (received: number, total: number) => void;

/** The digits beside the page. */
export async function bundledDigits(onProgress: OnProgress): Promise<Digits> {
  return fetchDigits("digits/", ".gz", onProgress, OF_THE_PAGE);
}

/**
 * Fetches the four files from a folder.
 *
 * @throws {Error} another site's folder: nothing is asked of others
 */
export async function digitsInFolder(folder: string, onProgress: OnProgress): Promise<Digits> {
  const base = new URL(folder.endsWith("/") ? folder : `${folder}/`, document.baseURI);
  if (base.origin !== location.origin) {
    throw new Error(
      `A folder of this site, such as mnist/; ${base.origin} is another, and this page asks nothing of others.`,
    );
  }
  const first = await fetch(new URL(`${FILES[0]}.gz`, base), { method: "HEAD" });
  return fetchDigits(base.href, isThere(first) ? ".gz" : "", onProgress, `From ${base.pathname}.`);
}

async function fetchDigits(folder: string, ending: string, onProgress: OnProgress, note: string): Promise<Digits> {
  const received = FILES.map(() => 0);
  const totals = FILES.map(() => 0);
  const fetched = FILES.map(async (name, i) => {
    const file = `${name}${ending}`;
    const bytes = await fetchBytes(new URL(file, new URL(folder, document.baseURI)), (got, total) => {
      received[i] = got;
      totals[i] = total;
      onProgress(sum(received), sum(totals));
    });
    return [file, bytes] as const;
  });
  return digitsOf(new Map(await Promise.all(fetched)), note);
}

async function fetchBytes(address: URL, onProgress: OnProgress): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(address);
  if (!isThere(response)) throw new Error(`${address.pathname}: the server has no such file.`);
  if (response.body === null) return new Uint8Array(0);
  const total = Number(response.headers.get("content-length") ?? 0);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let received = 0;
  const reader = response.body.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    parts.push(next.value);
    received += next.value.length;
    if (received > LARGEST_BYTES) {
      await reader.cancel();
      throw new Error(`${address.pathname}: more than ${LARGEST_BYTES / 2 ** 20} MB.`);
    }
    onProgress(received, Math.max(total, received)); // a length of what is encoded may be smaller
  }
  const bytes = new Uint8Array(received);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Many servers answer an unknown address with their start page. */
function isThere(response: Response): boolean {
  return response.ok && !(response.headers.get("content-type") ?? "").startsWith("text/html");
}

/** Files that came one by one, or all at once, until there are four. */
export class ChosenFiles {
  readonly #files = new Map<string, Uint8Array>();

  /** @throws {Error} a file that is none of the four, or too large; the others are kept */
  async add(files: Iterable<File>): Promise<void> {
    const refused: string[] = [];
    for (const file of files) {
      const name = nameOf(file.name);
      if (name === undefined) refused.push(`${file.name} is none of MNIST’s four files (${FILES.join(", ")}).`);
      else if (file.size > LARGEST_BYTES) refused.push(`${file.name} has more than ${LARGEST_BYTES / 2 ** 20} MB.`);
      else this.#files.set(name, new Uint8Array(await file.arrayBuffer()));
    }
    if (refused.length > 0) throw new Error(refused.join(" "));
  }

  /** Which are missing. */
  get missing(): string[] {
    return FILES.filter((name) => !this.#files.has(name));
  }

  /**
   * The digits in them. They are given away: others have to be chosen for the next time.
   *
   * @throws {LanegradError} (rejects) a file is damaged, or they do not belong together: all are kept, so that the one at
   *   fault can be exchanged
   */
  async digits(): Promise<Digits> {
    const digits = await digitsOf(this.#files, "From your files.");
    this.#files.clear();
    return digits;
  }
}

/** Which of the four a file is, in the spellings that are about: `train-images.idx3-ubyte.gz` is one. */
function nameOf(file: string): string | undefined {
  const name = file.toLowerCase().replace(/\.gz$/, "").replace(".idx", "-idx");
  return FILES.find((known) => name.endsWith(known));
}

async function digitsOf(files: ReadonlyMap<string, Uint8Array>, note: string): Promise<Digits> {
  const { train, test } = await loadMnist(files, { maxBytes: LARGEST_BYTES });
  if (train.size !== SIDE * SIDE) {
    throw new Error(`Images of ${SIDE} × ${SIDE} pixels are needed; these have ${train.size} pixels.`);
  }
  return { train, test, note };
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
