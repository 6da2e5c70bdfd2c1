// Generated from src/wasm/table.ts
export const ABI: number = 2059262723;
