/** What a process has used so far, as the kernel tells it. */
import { readdirSync, readFileSync } from 'node:fs'

/**
 * Microseconds on a CPU, of all threads that it has: the collector's and the embedded database's too. A child is a process with threads of
 * its own and never counted, not even after it has ended.
 */
export function cpuTime(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`)
  // The first number is nanoseconds; /proc/<pid>/stat counts in hundredths of a second, too coarse for a thousand calls.
  return threads.reduce((sum, thread) => sum + Number(read(`/proc/${pid}/task/${thread}/schedstat`).split(' ')[0]) / 1000, 0)
}

/** Bytes of memory that it holds now. */
export function residentMemory(pid: number): number {
  const kibibytes = /^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`))?.[1]
  return Number(kibibytes ?? 0) * 1024
}

/** A process is at rest when it works less than this share of a window (ms). Timers that only look around stay below it. */
const restingShare = 0.02
const window = 200

/** Waits until it has nothing to do any more: the history is written, garbage of the last burst is dealt with. */
export async function atRest(pid: number, patience = 30_000): Promise<void> {
  const end = performance.now() + patience
  for (let quiet = 0; quiet < 3; ) {
    const before = cpuTime(pid)
    await new Promise((resolve) => setTimeout(resolve, window))
    quiet = cpuTime(pid) - before < restingShare * window * 1000 ? quiet + 1 : 0
    if (performance.now() > end) throw new Error(`process ${pid} does not come to rest within ${patience / 1000} s`)
  }
}

const read = (file: string): string => readFileSync(file, 'utf8')
