/**
 * Makes the tables beside this file: made-up flowers of three species, of which two touch, and made-up houses.
 *
 *   npx tsx data/make-tables.ts
 */
import { writeFileSync } from "node:fs";
import { RandomState } from "../src/random/random_state.ts";

const random = new RandomState(0);

function write(name: string, head: string, rows: readonly (readonly (number | string)[])[], delimiter: string): void {
  const lines = [head, ...rows.map((row) => row.join(delimiter))];
  writeFileSync(new URL(name, import.meta.url), `${lines.join("\n")}\n`);
}

const SPECIES = [
  { name: "setosa", centre: [5, 3.4, 1.5, 0.2] },
  { name: "versicolor", centre: [5.9, 2.8, 4.3, 1.3] },
  { name: "virginica", centre: [6.6, 3, 5.5, 2] },
];
const SPREAD = [0.4, 0.3, 0.3, 0.15];

const flowers = Array.from({ length: 150 }, (_, i) => {
  const { name, centre } = SPECIES[i % SPECIES.length] ?? { name: "", centre: [] };
  const sizes = centre.map((x, column) => Math.max(0.1, x + (SPREAD[column] ?? 0) * random.randn()));
  return [...sizes.map((x) => x.toFixed(1)), name];
});
write("flowers.csv", "sepal_length,sepal_width,petal_length,petal_width,species", flowers, ",");

const DISTRICTS = [
  { name: "centre", base: 140_000 },
  { name: "harbour", base: 95_000 },
  { name: "north", base: 20_000 },
  { name: "south", base: 60_000 },
];

const houses = Array.from({ length: 200 }, () => {
  const { name, base } = DISTRICTS[random.randint(0, DISTRICTS.length)] ?? { name: "", base: 0 };
  const [area, year] = [random.randint(35, 220), random.randint(1900, 2023)];
  const rooms = Math.max(1, Math.round(area / 28 + 0.7 * random.randn()));
  const price = base + 1500 * area + 4000 * rooms + 300 * (year - 1900) + 9000 * random.randn();
  return [area, rooms, year, name, Math.round(price)];
});
write("houses.csv", "area;rooms;year;district;price", houses, ";");
