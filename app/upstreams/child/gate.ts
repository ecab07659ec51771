/**
 * Holds a new child back until its ledger row is written. Without that, a Switchyard killed between the fork and the row would leave a
 * child that nobody knows of. The child begins as a shell that waits for one line on stdin and then becomes the program, with the same
 * pid and start time; if we die first, the shell reads the end of stdin and leaves.
 */
import { existsSync } from 'node:fs'
import type { Writable } from 'node:stream'

const shell = '/bin/sh'

/** A shell adds variables of its own to the environment; the program gets what is configured and nothing else. */
const script = 'read -r go && unset PWD OLDPWD SHLVL && exec "$@"'

export interface Launch {
  file: string
  args: string[]
  /** Lets the program begin. */
  open(stdin: Writable): void
}

/** The launch of a program behind the gate; without one where there is no shell, or where a shell would lose a variable (`npm_config_//host/:key`). */
export function behindGate(program: string, args: string[], environment: Record<string, string>): Launch {
  const kept = Object.keys(environment).every((name) => /^[A-Za-z_]\w*$/.test(name))
  if (process.platform === 'win32' || !kept || !existsSync(shell)) return { file: program, args, open() {} }
  return { file: shell, args: ['-c', script, 'switchyard-gate', program, ...args], open: (stdin) => stdin.write('\n') }
}
