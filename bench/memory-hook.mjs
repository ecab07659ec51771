/** Loaded into the built server (`node --expose-gc --import`) by the benchmark: collects garbage when asked, and tells how many bytes are left. */
process.on('message', async () => {
  // Twice, with a turn in between: what is freed by finalizers goes in the second.
  globalThis.gc()
  await new Promise((resolve) => setTimeout(resolve, 100))
  globalThis.gc()
  const { heapUsed, external } = process.memoryUsage()
  process.send(heapUsed + external)
})
