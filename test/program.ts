/** The built program run to its end, as somebody at a prompt runs it. */
import { spawn } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packageRoot } from '../app/root.ts'

export interface RunOptions {
  /** As in switchyard.yaml; the data directory is in the home unless it says otherwise. */
  file?: Record<string, unknown>
  env?: Record<string, string>
  /** What comes on stdin. */
  input?: string
  /** One SIGINT is sent as soon as stderr says this. */
  interruptAt?: string
}

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** A home directory, which is also the temporary directory of what runs in it. */
export interface Home {
  readonly path: string
  run(args: readonly string[], options?: RunOptions): Promise<Ran>
  /** What lies in it. */
  files(): Promise<string[]>
  remove(): Promise<void>
}

/** An upstream with many tools: the protocol's own test server. */
export const everything = {
  command: process.execPath,
  args: [join(packageRoot, 'node_modules/@modelcontextprotocol/server-everything/dist/index.js')],
}

export async function openHome(): Promise<Home> {
  const path = await mkdtemp(join(tmpdir(), 'switchyard-home-'))

  async function run(args: readonly string[], { file, env, input = '', interruptAt }: RunOptions = {}): Promise<Ran> {
    const config = { data_dir: join(path, 'data'), ...file }
    await writeFile(join(path, 'switchyard.json'), JSON.stringify(config), { mode: 0o600 })
    const child = spawn(process.execPath, [join(packageRoot, 'dist', 'main.js'), ...args], {
      cwd: path,
      env: { PATH: process.env.PATH, HOME: path, TMPDIR: path, ...env },
      stdio: 'pipe',
    })
    const ran = { stdout: '', stderr: '' }
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      ran.stdout += text
    })
    let awaited = interruptAt
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      ran.stderr += text
      if (awaited === undefined || !ran.stderr.includes(awaited)) return
      awaited = undefined
      child.kill('SIGINT')
    })
    child.stdin.on('error', () => {}) // most verbs do not read it
    child.stdin.end(input)
    const code = await new Promise<number>((resolve) => child.once('close', (status) => resolve(status ?? -1)))
    return { code, ...ran }
  }

  return { path, run, files: () => readdir(path), remove: () => rm(path, { recursive: true, force: true }) }
}
