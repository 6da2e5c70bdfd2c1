// Generated from src/wasm/table.ts
export const ABI: number = 2083472936;
