/** A server of the era with sessions as a program. It ends when its input does; signals make it say that something changed. */
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import { grow, nothingShared, watchedAt } from './offer.ts'
import { createFar } from './session.ts'

const shared = nothingShared(process.argv[2])
const { server, far } = createFar(shared).connection()
process.on('SIGUSR1', () => grow(far))
process.on('SIGUSR2', () => far.resourceChanged(watchedAt(shared.scheme)))
process.stdin.on('end', () => process.exit(0))
await server.connect(new StdioServerTransport())
