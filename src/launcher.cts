#!/usr/bin/env node
/**
 * Sizes libuv's thread pool, then starts the program. LMDB's commits, scrypt and key generation share the pool, and its
 * four threads of default would let a few slow derivations hold up every commit. Node reads ES modules through the
 * pool, which fixes its size before the first of them runs: so this file is CommonJS and imports nothing before it has
 * set it.
 */
const smallest = 8;
if (!(Number(process.env.UV_THREADPOOL_SIZE) >= smallest)) process.env.UV_THREADPOOL_SIZE = String(smallest);

void import('./cli/main.ts').then(async ({ main }) => {
  process.exitCode = await main(process.argv.slice(2));
});
