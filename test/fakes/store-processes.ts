/** Starts store-process.ts and reads what it prints. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface StoreProcess {
  /** Ids of the rows whose commit was acknowledged, in order. */
  readonly written: string[]
  readonly failed: string[]
  readonly log: string[]
  /** Whether the files are, or were, open in this process. */
  owned(): boolean
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>
  /** Asks it to stop; resolves with its exit code. */
  stop(): Promise<number | null>
}

const script = fileURLToPath(new URL('./store-process.ts', import.meta.url))

export function startStoreProcess(dataDir: string, template: string): StoreProcess {
  const child = spawn(process.execPath, ['--import', 'tsx', script, dataDir, template], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const lines = { written: [] as string[], failed: [] as string[], log: [] as string[] }
  createInterface(child.stdout).on('line', (line) => {
    for (const [kind, text] of Object.entries(JSON.parse(line) as Record<keyof typeof lines, string>))
      lines[kind as keyof typeof lines].push(text)
  })
  return {
    ...lines,
    owned: () => lines.log.includes('embedded database opened'),
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
    async stop() {
      child.stdin.end()
      await ended
      return child.exitCode
    },
  }
}
