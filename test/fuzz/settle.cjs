// Loaded into a fuzzed dev server: on SIGUSR2 it collects garbage and writes its memory usage.
const { renameSync, writeFileSync } = require('node:fs');
const path = process.env.FUZZ_MEMORY_FILE;
delete process.env.FUZZ_MEMORY_FILE;

process.on('SIGUSR2', async () => {
  for (let round = 0; round < 4; round += 1) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  writeFileSync(`${path}.draft`, JSON.stringify(process.memoryUsage()));
  renameSync(`${path}.draft`, path);
});
