// Generated from src/wasm/table.ts
export const ABI: number = 1108145078;
