import { box, diagram, note, OF_A, OF_B, OF_C, sizes, word } from "./drawing.ts";

/** What each of gemm's five loops cuts off, drawn where A, B and C meet. */
export function loops(): string {
  const { MR, NR, KC, MC, NC } = sizes();
  const tile = { x: 260, y: 232, width: 32, height: 8 };
  return diagram(
    "What the loops of a product hold where",
    `C is m × n, below B, k × n, and to the right of A, m × k. Of B, a block of KC × NC, ${KC} × ${NC}, is packed; of A, one of MC × KC, ${MC} × ${KC}. Two panels of B, together ${2 * NR} wide, and half a panel of A, ${MR / 2} rows, make one microtile of C.`,
    372,
    [
      // B, its strip, its block, two of its panels
      box(196, 12, 276, 150, OF_B, 0),
      box(196, 52, 192, 64, OF_B, 0.25),
      box(tile.x, 52, tile.width, 64, OF_B, 0.55),
      word("B, k × n", 430, 28),
      word("KC × NC, packed: L2 / L3", 312, 134),
      word(`${KC} × ${NC}`, 312, 150),
      // A, its block, half a panel
      box(8, 176, 172, 150, OF_A, 0),
      box(56, 200, 64, 84, OF_A, 0.25),
      box(56, tile.y, 64, tile.height, OF_A, 0.6),
      word("A, m × k", 40, 192),
      word("MC × KC,", 88, 298),
      word(`${MC} × ${KC}: L2`, 88, 313),
      // C, the block that is made, the microtile
      box(196, 176, 276, 150, OF_C, 0),
      box(196, 200, 192, 84, OF_C, 0.2),
      box(tile.x, tile.y, tile.width, tile.height, OF_C, 0.85),
      word("C, m × n", 430, 192),
      word("MC × NC", 336, 272),
      word(`tile ${MR / 2} × ${2 * NR}`, 336, tile.y + tile.height / 2),
      note(`Half a panel of A, ${MR / 2} × ${KC}, and two of B, ${KC} × ${2 * NR}, stay in L1 (18 KB).`, 8, 352),
    ],
  );
}
