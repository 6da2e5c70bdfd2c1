/** The bytes of all Buffers that are made while `body` runs, collected as garbage or not. */
export async function buffersMade(body: () => Promise<void>): Promise<number> {
  const { allocUnsafe } = Buffer;
  let sum = 0;
  Buffer.allocUnsafe = (size) => {
    sum += size;
    return allocUnsafe(size);
  };
  try {
    await body();
  } finally {
    Buffer.allocUnsafe = allocUnsafe;
  }
  return sum;
}
