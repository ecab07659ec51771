/** What a run has opened and must not leave behind, however it ends. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const opened: (() => Promise<unknown>)[] = []

/** Remembers how to close something, and gives a function that does it once. */
export function mustClose(close: () => Promise<unknown>): () => Promise<void> {
  let closed: Promise<unknown> | undefined
  const once = async () => {
    closed ??= close()
    await closed
  }
  opened.push(once)
  return once
}

let closing: Promise<void> | undefined

/** Closes what is still open, the last first. Whoever calls it later waits for the same end. */
export function closeAll(): Promise<void> {
  closing ??= closeInReverse()
  return closing
}

async function closeInReverse(): Promise<void> {
  for (let close = opened.pop(); close; close = opened.pop()) await close()
}

/** An empty directory that is gone at the end. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'switchyard-bench-'))
  mustClose(() => rm(directory, { recursive: true, force: true }))
  return directory
}
