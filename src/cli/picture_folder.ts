/**
 * Folders of PNG pictures by class as examples:
 *
 *   FOLDER/train/CLASS/*.png, FOLDER/test/CLASS/*.png
 *   FOLDER/CLASS/*.png            a fifth of each class, drawn by a seed that is always the same, is the test part
 *
 * All pictures have one size. They are [rows, columns, 3], or [rows, columns, 1] where all of them are grey.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { Dataset, RandomState, split } from "lanegrad";
import { FileError, readFile, relativePath } from "./files.ts";
import { type ColourPicture, isPng, readColourPng } from "./png.ts";

/** Both parts. */
export type PictureParts = { readonly train: Dataset; readonly test: Dataset };

/** The share of each class that is the test part, where no folder is. */
const TEST_SHARE = 0.2;

/** Files of each class, in the order of their names. */
type Classes = ReadonlyMap<string, readonly string[]>;

/** Whether a folder has folders of pictures in it. */
export function hasPictures(folder: string): boolean {
  const { train, test } = partsIn(folder);
  return (train !== undefined && test !== undefined) || classesIn(folder).size > 0;
}

/**
 * Reads all pictures.
 *
 * @throws {FileError} a file is no PNG picture, is damaged, or has another size than the first; a class that is in the test part
 *   alone; fewer than two pictures to split
 */
export async function loadPictures(folder: string): Promise<PictureParts> {
  const parts = partsIn(folder);
  if (parts.train !== undefined && parts.test !== undefined) return await bothParts(folder, parts.train, parts.test);
  const classes = classesIn(folder);
  const names = [...classes.keys()];
  const dataset = datasetOf(folder, names, await picturesOf(classes));
  if (dataset.length < 2)
    throw new FileError(relativePath(folder), "one picture, expected at least two: one is for the test");
  const [test, train] = split(dataset, { share: TEST_SHARE, random: new RandomState(0), stratify: "classes" });
  return { train, test };
}

/** The classes of both parts, where the folder has both. */
function partsIn(folder: string): { readonly train: Classes | undefined; readonly test: Classes | undefined } {
  const names = foldersIn(folder);
  const part = (name: string) => {
    const classes = names.includes(name) ? classesIn(join(folder, name)) : undefined;
    return classes?.size ? classes : undefined;
  };
  return { train: part("train"), test: part("test") };
}

async function bothParts(folder: string, train: Classes, test: Classes): Promise<PictureParts> {
  const names = [...train.keys()];
  const unknown = [...test.keys()].find((name) => !train.has(name));
  if (unknown !== undefined) {
    throw new FileError(relativePath(join(folder, "test", unknown)), "a class that the train folder does not have");
  }
  const learned = await picturesOf(train);
  const judged = await picturesOf(test, learned[0]);
  const isGrey = [...learned, ...judged].every(({ colours }) => isAllGrey(colours));
  const of = (name: string, pictures: readonly Labelled[]) => datasetOf(join(folder, name), names, pictures, isGrey);
  return { train: of("train", learned), test: of("test", judged) };
}

function foldersIn(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch {
    return []; // what reads the files says why not
  }
}

/** The folders with pictures in them, in the order of their names. */
function classesIn(folder: string): Classes {
  const classes = new Map<string, readonly string[]>();
  for (const name of foldersIn(folder).sort()) {
    const files = readdirSync(join(folder, name)).filter((file) => file.toLowerCase().endsWith(".png"));
    if (files.length > 0)
      classes.set(
        name,
        files.sort().map((file) => join(folder, name, file)),
      );
  }
  return classes;
}

type Labelled = ColourPicture & { readonly file: string; readonly className: string };

/** @param like what all have the size of; by default the first */
async function picturesOf(classes: Classes, like?: Labelled): Promise<Labelled[]> {
  const pictures: Labelled[] = [];
  for (const [className, files] of classes) {
    for (const path of files) {
      const bytes = readFile(path);
      const file = relativePath(path);
      if (!isPng(bytes)) throw new FileError(file, bytes.length === 0 ? "empty" : "not a PNG picture");
      const picture = { ...(await readColourPng(bytes, file)), file, className };
      const first = like ?? pictures[0];
      if (first !== undefined && (first.width !== picture.width || first.height !== picture.height)) {
        const found = `${picture.width} × ${picture.height} pixels`;
        throw new FileError(file, `${found}, but ${first.file} has ${first.width} × ${first.height}`);
      }
      pictures.push(picture);
    }
  }
  return pictures;
}

function isAllGrey(colours: Uint8Array): boolean {
  for (let i = 0; i < colours.length; i += 3) {
    if (colours[i] !== colours[i + 1] || colours[i] !== colours[i + 2]) return false;
  }
  return true;
}

function datasetOf(
  folder: string,
  classNames: readonly string[],
  pictures: readonly Labelled[],
  isGrey: boolean = pictures.every(({ colours }) => isAllGrey(colours)),
): Dataset {
  const [{ width, height }] = pictures as [Labelled];
  const channels = isGrey ? 1 : 3;
  const size = width * height * channels;
  const inputs = new Uint8Array(pictures.length * size);
  for (const [i, { colours }] of pictures.entries()) {
    if (isGrey) for (let at = 0; at < size; at++) inputs[i * size + at] = colours[3 * at] as number;
    else inputs.set(colours, i * size);
  }
  return new Dataset({
    name: relativePath(folder),
    inputs,
    labels: Int32Array.from(pictures, ({ className }) => classNames.indexOf(className)),
    shape: [height, width, channels],
    classes: classNames.length,
    classNames,
    scale: 1 / 255,
  });
}
