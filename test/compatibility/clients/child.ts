/** How a client starts a server of its own over stdio. */
import type { Way } from './client.ts'

/** The command of a way. */
export function childOf({ address }: Way) {
  const [command = '', ...args] = address
  return { command, args, env: environment }
}

/** No more than a program needs, and where it may leave its files. */
export const environment: Record<string, string> = Object.fromEntries(
  ['PATH', 'HOME', 'TMPDIR'].flatMap((name) => {
    const value = process.env[name]
    return value === undefined ? [] : [[name, value]]
  }),
)
