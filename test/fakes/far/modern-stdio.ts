/** A server of 2026-07-28 as a program; whoever begins as in the era with sessions is sent away. */
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { farServer } from './modern.ts'
import { nothingShared } from './offer.ts'

const shared = nothingShared(process.argv[2])
const memory = {}
serveStdio(
  () =>
    farServer(shared, memory, (server) => ({
      listChanged: () => void server.sendToolListChanged(),
      resourceChanged: (uri) => void server.sendResourceUpdated({ uri }),
    })),
  { legacy: 'reject' },
)
process.stdin.on('end', () => process.exit(0))
