// Generated from src/wasm/table.ts
export const ABI: number = 871349055;
