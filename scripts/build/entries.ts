/** The entries of package.json that programs import, and the sources that they are built from. */
export const ENTRIES: Readonly<Record<string, string>> = {
  lanegrad: "src/index.ts",
  "lanegrad/chapter": "src/chapter/index.ts",
  "lanegrad/csv": "src/data/csv.ts",
  "lanegrad/linalg": "src/ops/linalg/index.ts",
  "lanegrad/plot": "src/plot/index.ts",
  "lanegrad/random": "src/random/index.ts",
  "lanegrad/worker": "src/worker/index.ts",
  "lanegrad/worker/host": "src/worker/host.ts",
};
