/**
 * Rows that are mostly zero, as their nonzeros:
 *
 *   starts    m + 1 positions, u32: the nonzeros of row i are starts[i] … starts[i + 1] - 1
 *   columns   the column of each nonzero, u16, ascending in a row
 *   values    the nonzeros: u8 in a data set, floats in a minibatch
 *
 *   countNonzeros      returned: the nonzeros among n bytes
 *   compressRows       starts, columns, values (u8) of a matrix x (m × k, u8)
 *   gatherSparseRows   the rows r_i of a data set, their values · scale, in one piece
 *
 * # Safety
 * src/ops/sparse.ts has checked: sizes are not negative, k <= 65536, every index names a row, the operands hold
 * what is said above, with room for 8 more behind the last of columns and values.
 */

export function countNonzeros(n: i32, x: usize): i32 {
  assert(n >= 0);
  let count = 0;
  const end = x + <usize>n;
  for (const tail = end - 15; x < tail; x += 16) {
    count += popcnt<i32>(i8x16.bitmask(i8x16.ne(v128.load(x), i8x16.splat(0))));
  }
  for (; x < end; x++) count += <i32>(load<u8>(x) != 0);
  return count;
}

export function compressRows(m: i32, k: i32, x: usize, starts: usize, columns: usize, values: usize): void {
  assert(m >= 0 && k >= 0 && k <= 65536);
  let count: u32 = 0;
  for (let i = 0; i < m; i++, starts += 4) {
    store<u32>(starts, count);
    for (let j = 0; j < k; ) {
      // Eight zeros at a time: in pictures they come in long runs.
      if (j + 8 <= k && load<u64>(x + <usize>j) == 0) {
        j += 8;
        continue;
      }
      const value = load<u8>(x + <usize>j);
      store<u16>(columns + (<usize>count << 1), <u16>j);
      store<u8>(values + <usize>count, value);
      count += <u32>(value != 0); // a zero is overwritten by what comes next
      j++;
    }
    x += <usize>k;
  }
  store<u32>(starts, count);
}

/** Touches each cache line from `from` to before `to`. The loads do not wait for one another, as a copy's would. */
function touch(from: usize, to: usize): u32 {
  let seen: u32 = 0;
  for (let line = from & ~63; line < to; line += 64) seen |= load<u8>(line);
  return seen;
}

// @ts-ignore: decorator
@inline
function gatherSparseRows<T>(
  m: i32, starts: usize, columns: usize, values: usize, indices: usize,
  toStarts: usize, toColumns: usize, toValues: usize, scale: T,
): u32 {
  assert(m >= 0);
  let seen: u32 = 0;
  for (let i: usize = 0; i < <usize>m; i++) {
    const row = starts + (<usize>load<u32>(indices + (i << 2)) << 2);
    const first = <usize>load<u32>(row), last = <usize>load<u32>(row, 4);
    seen |= touch(columns + (first << 1), columns + (last << 1)) | touch(values + first, values + last);
  }

  const scales = v128.splat<T>(scale);
  let total: usize = 0;
  for (let i = 0; i < m; i++, indices += 4, toStarts += 4) {
    store<u32>(toStarts, <u32>total);
    const row = starts + (<usize>load<u32>(indices) << 2);
    const first = <usize>load<u32>(row), count = <usize>load<u32>(row, 4) - first;
    // Eight at a time, beyond the row's end: what follows overwrites it, and the operands have room.
    for (let j: usize = 0; j < count; j += 8) {
      v128.store(toColumns + ((total + j) << 1), v128.load(columns + ((first + j) << 1)));
      const eight = i16x8.extend_low_i8x16_u(v128.load64_zero(values + first + j));
      const low = i32x4.extend_low_i16x8_u(eight), high = i32x4.extend_high_i16x8_u(eight);
      const to = toValues + ((total + j) << alignof<T>());
      if (sizeof<T>() == 4) {
        v128.store(to, f32x4.mul(f32x4.convert_i32x4_u(low), scales));
        v128.store(to, f32x4.mul(f32x4.convert_i32x4_u(high), scales), 16);
      } else {
        v128.store(to, f64x2.mul(f64x2.convert_low_i32x4_u(low), scales));
        v128.store(to, f64x2.mul(f64x2.convert_low_i32x4_u(v128.shuffle<i64>(low, low, 1, 0)), scales), 16);
        v128.store(to, f64x2.mul(f64x2.convert_low_i32x4_u(high), scales), 32);
        v128.store(to, f64x2.mul(f64x2.convert_low_i32x4_u(v128.shuffle<i64>(high, high, 1, 0)), scales), 48);
      }
    }
    total += count;
  }
  store<u32>(toStarts, <u32>total);
  return seen;
}

export function sgatherSparseRows(m: i32, starts: usize, columns: usize, values: usize, indices: usize, toStarts: usize, toColumns: usize, toValues: usize, scale: f32): u32 { return gatherSparseRows<f32>(m, starts, columns, values, indices, toStarts, toColumns, toValues, scale); }
export function dgatherSparseRows(m: i32, starts: usize, columns: usize, values: usize, indices: usize, toStarts: usize, toColumns: usize, toValues: usize, scale: f64): u32 { return gatherSparseRows<f64>(m, starts, columns, values, indices, toStarts, toColumns, toValues, scale); }
