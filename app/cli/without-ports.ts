/** The same system with no way in, for verbs that need what can be called and nobody who calls. */
import type { Settled } from '../config.ts'

export const withoutPorts = ({ config, ...settled }: Settled): Settled => ({
  ...settled,
  config: { ...config, server: { ...config.server, transport: 'stdio', admin: false } },
})
