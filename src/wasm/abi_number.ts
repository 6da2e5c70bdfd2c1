// Generated from src/wasm/table.ts
export const ABI: number = 1144647617;
