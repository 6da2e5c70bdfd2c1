// Generated from src/wasm/table.ts
export const ABI: number = 972615933;
