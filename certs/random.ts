/** Where random bytes come from: node's generator unless a test hands in its own. */
export type RandomBytes = (size: number) => Uint8Array;
