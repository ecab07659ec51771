/** A real FTP server in front of a directory. */
import { spawn, spawnSync } from 'node:child_process'
import { leftOut } from '../missing.ts'
import { freePort } from '../services/free-port.ts'
import { until } from '../until.ts'

export interface FtpServer {
  /** With user and password. */
  readonly url: string
  stop(): Promise<void>
  /** At the same address again. */
  start(): Promise<void>
}

/** Whether there is one on this machine; said loudly where there is none, and with CI=true it has to be there. */
export const hasFtpServer = (() => {
  const { status } = spawnSync('/usr/bin/python3', ['-c', 'import pyftpdlib'])
  if (status === 0) return true
  leftOut('THE TESTS OVER FTP ARE SKIPPED.', 'python3-pyftpdlib is not installed')
  return false
})()

export const ftpUser = { name: 'exchange', password: 'geheim & mehr' }

export async function startFtpServer(directory: string): Promise<FtpServer> {
  const port = await freePort()
  let child: ReturnType<typeof spawn> | undefined

  async function start(): Promise<void> {
    const { name, password } = ftpUser
    const where = ['-i', '127.0.0.1', '-p', String(port), '-d', directory, '-w', '-u', name, '-P', password]
    child = spawn('/usr/bin/python3', ['-m', 'pyftpdlib', ...where], { stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
    await until('the FTP server listens', () => {
      if (child?.exitCode) throw new Error(said)
      return said.includes('starting FTP server')
    })
  }

  async function stop(): Promise<void> {
    const ended = child
    child = undefined
    if (!ended || ended.exitCode !== null) return
    await new Promise((resolve) => {
      ended.once('exit', resolve)
      ended.kill('SIGKILL')
    })
  }

  await start()
  const { name, password } = ftpUser
  return { url: `ftp://${name}:${encodeURIComponent(password)}@127.0.0.1:${port}/`, start, stop }
}
