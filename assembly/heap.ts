/**
 * The heap: two-level segregated fit (Masmano, Ripoll, Crespo and Real, ECRTS 2004). One step to allocate, one to free.
 *
 *   ┌ header ┬ 16-byte aligned block ──────────┐
 *   │ size,  │ while it is free:  previous,    │   size     bytes with the header, a multiple of 16
 *   │ tags   │ next …              … header's  │   FREE     the block is in a list
 *   └ 4      ┴ address in the last 4 bytes ────┘   LEFT     the block before it is free
 *
 * Lists by size in units of 16 bytes: one list for each size below 16 units, then 16 lists for each power of two. The lists
 * above that of a size hold only blocks that are large enough. Its own may hold some: the first is looked at before them, the
 * others where there is nothing else. Free blocks never touch. The last header belongs to no block: it ends memory.
 *
 * # Safety
 * src/wasm/memory.ts frees what `alloc` returned, once, and nothing writes outside of its blocks.
 */
const HEADER: usize = 4;
const UNIT: usize = 16;
const FREE: usize = 1;
const LEFT: usize = 2;
const TAGS: usize = UNIT - 1;
const PAGE_BITS: i32 = 16;

/** Sizes reach 2^28 units, which is list 16 · 25 - 1 at most. */
const LEVELS: i32 = 25;
const heads: usize = memory.data(4 * 16 * LEVELS, 16);
/** Of each level, one bit for each list that is not empty. */
const lists: usize = memory.data(4 * LEVELS, 16);
/** One bit for each level that has a list which is not empty. */
let levels: u32 = 0;
/** The last header; 0 before the first use. */
let end: usize = 0;

/** A 16-byte aligned block, for which memory grows where it must; 0 where it cannot. */
export function alloc(bytes: usize): usize {
  const missing = shortage(bytes);
  if (missing > 0) {
    if (memory.grow(<i32>((missing + 0xffff) >> PAGE_BITS)) < 0) return 0;
    extend();
  }
  const size = sizeFor(bytes);
  const block = find(size);
  const rest = (load<usize>(block) & ~TAGS) - size;
  remove(block);
  store<usize>(block, size);
  if (rest > 0) put(block + size, rest);
  else store<usize>(block + size, load<usize>(block + size) & ~LEFT);
  return block + HEADER;
}

export function free(pointer: usize): void {
  assert(pointer > HEADER && !(pointer & TAGS) && !(load<usize>(pointer - HEADER) & FREE));
  release(pointer - HEADER);
}

/** By how many bytes memory must grow before a block of this size can be allocated; 0 where one is free. */
export function shortage(bytes: usize): usize {
  extend();
  const size = sizeFor(bytes);
  if (find(size) != 0) return 0;
  const last = load<usize>(end) & LEFT ? load<usize>(load<usize>(end - 4)) & ~TAGS : 0;
  return size - last;
}

function sizeFor(bytes: usize): usize {
  return (bytes + HEADER + TAGS) & ~TAGS;
}

/** Takes over the pages that memory has grown by. */
function extend(): void {
  const last = (<usize>memory.size() << PAGE_BITS) - HEADER; // of 4 GiB as well: the shift gives 0
  if (last == end) return;
  const isFirst = end == 0;
  if (isFirst) end = ((__heap_base + HEADER + TAGS) & ~TAGS) - HEADER;
  const block = end;
  const left = isFirst ? 0 : load<usize>(block) & LEFT;
  store<usize>(last, 0);
  store<usize>(block, (last - block) | left);
  end = last;
  release(block);
}

/** Makes a used block free, and one with its free neighbours. */
function release(block: usize): void {
  let size = load<usize>(block) & ~TAGS;
  const right = block + size;
  if (load<usize>(right) & FREE) {
    size += load<usize>(right) & ~TAGS;
    remove(right);
  }
  if (load<usize>(block) & LEFT) {
    block = load<usize>(block - 4);
    size += load<usize>(block) & ~TAGS;
    remove(block);
  }
  put(block, size);
}

/** A free block whose neighbours are used. */
function put(block: usize, size: usize): void {
  const next = block + size;
  store<usize>(block, size | FREE);
  store<usize>(next - 4, block);
  store<usize>(next, load<usize>(next) | LEFT);
  const list = listOf(size);
  const first = load<usize>(heads + (list << 2));
  store<usize>(block, 0, 4);
  store<usize>(block, first, 8);
  if (first != 0) store<usize>(first, block, 4);
  store<usize>(heads + (list << 2), block);
  const level = list >> 4;
  store<u32>(lists + (level << 2), load<u32>(lists + (level << 2)) | (1 << (list & 15)));
  levels |= 1 << level;
}

/** Takes a free block out of its list. */
function remove(block: usize): void {
  const previous = load<usize>(block, 4);
  const next = load<usize>(block, 8);
  if (next != 0) store<usize>(next, previous, 4);
  if (previous != 0) {
    store<usize>(previous, next, 8);
    return;
  }
  const list = listOf(load<usize>(block) & ~TAGS);
  store<usize>(heads + (list << 2), next);
  if (next != 0) return;
  const level = list >> 4;
  const left = load<u32>(lists + (level << 2)) & ~(1 << (list & 15));
  store<u32>(lists + (level << 2), left);
  if (left == 0) levels &= ~(1 << level);
}

/** A free block of at least so many bytes; 0 where there is none. */
function find(size: usize): usize {
  const own = listOf(size);
  let block = load<usize>(heads + (own << 2));
  if (block != 0 && (load<usize>(block) & ~TAGS) >= size) return block;
  const list = own < 16 ? own : listOf(size + (UNIT << ((own >> 4) - 1)) - UNIT);
  let level = list >> 4;
  let left = load<u32>(lists + (level << 2)) & (-1 << (list & 15));
  if (left == 0) {
    const above = levels & (-2 << level);
    if (above != 0) {
      level = <u32>ctz(above);
      left = load<u32>(lists + (level << 2));
    }
  }
  if (left != 0) return load<usize>(heads + (((level << 4) | <u32>ctz(left)) << 2));
  while (block != 0 && (load<usize>(block) & ~TAGS) < size) block = load<usize>(block, 8);
  return block;
}

/** The list of free blocks of this size. */
function listOf(size: usize): u32 {
  const units = <u32>(size / UNIT);
  if (units < 16) return units;
  const level = 28 - clz(units);
  return (level << 4) | ((units >> (level - 1)) & 15);
}
