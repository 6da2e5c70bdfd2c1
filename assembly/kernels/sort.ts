/**
 * Order, by comparing keys: unsigned numbers that are ordered as the elements are, where -0 is 0 and NaN comes after
 * everything.
 *
 *   sortLines      y_ipj = x_i(o_p)j      o: a stable order of each line along the middle axis
 *   searchSorted   y_i = how many elements of x are below v_i, or not above it where `right` is 1
 *
 *   descending   1: from the largest to the smallest, equal elements in their order; NaN first
 *   m, k, n      x is m × k × n, dense; of searchSorted n elements in ascending order, and m values
 *   count        how many of each line's k are written
 *   y            m × count × n elements, or 0: they are not wanted
 *   indices      m × count × n i32, or 0: where in its line each is, or in all of x where `flat` is 1
 *   scratch      sortScratch(k) bytes
 *
 * Short lines are sorted by insertion, others by their keys' bytes, the lowest first: a byte that all keys share takes no
 * pass.
 *
 * # Safety
 * src/ops/sort.ts and src/ops/search.ts have checked: sizes are not negative, count <= k, the operands hold what is said
 * above, y and indices are disjoint from x.
 */

const SHORT: i32 = 40;

function key<T>(x: usize): u64 {
  const value = load<T>(x);
  if (value != value) return sizeof<T>() == 4 ? <u64>u32.MAX_VALUE : u64.MAX_VALUE;
  if (sizeof<T>() == 4) {
    const bits = reinterpret<i32>(<f32>value + 0.0);
    return <u64><u32>(bits ^ ((bits >> 31) | i32.MIN_VALUE));
  }
  const bits = reinterpret<i64>(<f64>value + 0.0);
  return <u64>(bits ^ ((bits >> 63) | i64.MIN_VALUE));
}

/** The order of k elements, `stride` bytes apart: one of the two lists at `list`, behind which counters stand. */
function order<T>(flip: u64, k: i32, x: usize, stride: usize, list: usize): usize {
  if (k <= SHORT) {
    for (let i = 0; i < k; i++) {
      const own = key<T>(x + <usize>i * stride) ^ flip;
      let to = list + (<usize>i << 2);
      for (; to > list && (key<T>(x + <usize>load<u32>(to - 4) * stride) ^ flip) > own; to -= 4) store<i32>(to, load<i32>(to - 4));
      store<i32>(to, i);
    }
    return list;
  }
  let other = list + (<usize>k << 2), counters = other + (<usize>k << 2);
  const bits: u64 = sizeof<T>() << 3;
  memory.fill(counters, 0, 8192);
  for (let i = 0, at = x; i < k; i++, at += stride) {
    store<i32>(list + (<usize>i << 2), i);
    let own = key<T>(at) ^ flip;
    for (let counter = counters, end = counters + (<usize>bits << 7); counter < end; counter += 1024, own >>= 8) {
      const place = counter + (<usize>(own & 255) << 2);
      store<i32>(place, load<i32>(place) + 1);
    }
  }
  for (let shift: u64 = 0; shift < bits; shift += 8, counters += 1024) {
    const first = (key<T>(x) ^ flip) >> shift & 255;
    if (load<i32>(counters + (<usize>first << 2)) == k) continue;
    for (let place = counters, end = counters + 1024, sum = 0; place < end; place += 4) {
      const count = load<i32>(place);
      store<i32>(place, sum);
      sum += count;
    }
    for (let from = list, end = list + (<usize>k << 2); from < end; from += 4) {
      const index = load<u32>(from);
      const place = counters + (<usize>((key<T>(x + <usize>index * stride) ^ flip) >> shift & 255) << 2);
      const to = load<u32>(place);
      store<i32>(place, to + 1);
      store<i32>(other + (<usize>to << 2), index);
    }
    const last = list;
    list = other, other = last;
  }
  return list;
}

function sortLines<T>(
  descending: i32, m: i32, k: i32, n: i32, count: i32, x: usize, y: usize, indices: usize, flat: i32, scratch: usize,
): void {
  assert(m >= 0 && k >= 0 && n >= 0 && count >= 0 && count <= k && (scratch & 15) == 0);
  assert((descending & ~1) == 0 && (flat & ~1) == 0);
  const stride = <usize>n * sizeof<T>(), flip: u64 = descending ? u64.MAX_VALUE : 0;
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      const start = i * k * n + j, line = x + <usize>start * sizeof<T>();
      const list = order<T>(flip, k, line, stride, scratch);
      for (let p: usize = 0, at = <usize>(i * count * n + j); p < <usize>count; p++, at += n) {
        const index = load<u32>(list + (p << 2)), from = line + <usize>index * stride;
        if (y != 0) {
          if (sizeof<T>() == 4) store<i32>(y + (at << 2), load<i32>(from));
          else store<i64>(y + (at << 3), load<i64>(from));
        }
        if (indices != 0) store<i32>(indices + (at << 2), flat ? start + <i32>index * n : index);
      }
    }
  }
}

function searchSorted<T>(right: i32, n: i32, x: usize, m: i32, values: usize, y: usize): void {
  assert(m >= 0 && n >= 0 && (right & ~1) == 0);
  for (; m > 0; m--, values += sizeof<T>(), y += 4) {
    const own = key<T>(values);
    let low = 0, high = n;
    while (low < high) {
      const middle = (low + high) >>> 1, other = key<T>(x + <usize>middle * sizeof<T>());
      if (other < own || (other == own && right != 0)) low = middle + 1;
      else high = middle;
    }
    store<i32>(y, low);
  }
}

export function ssortScratch(k: i32): i32 { assert(k >= 0); return 8 * k + 8192; }
export function dsortScratch(k: i32): i32 { assert(k >= 0); return 8 * k + 8192; }

export function ssortLines(descending: i32, m: i32, k: i32, n: i32, count: i32, x: usize, y: usize, indices: usize, flat: i32, scratch: usize): void { sortLines<f32>(descending, m, k, n, count, x, y, indices, flat, scratch); }
export function dsortLines(descending: i32, m: i32, k: i32, n: i32, count: i32, x: usize, y: usize, indices: usize, flat: i32, scratch: usize): void { sortLines<f64>(descending, m, k, n, count, x, y, indices, flat, scratch); }

export function ssearchSorted(right: i32, n: i32, x: usize, m: i32, values: usize, y: usize): void { searchSorted<f32>(right, n, x, m, values, y); }
export function dsearchSorted(right: i32, n: i32, x: usize, m: i32, values: usize, y: usize): void { searchSorted<f64>(right, n, x, m, values, y); }
