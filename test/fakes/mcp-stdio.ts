/** The fake MCP server over stdio. Its argument is a FakeSpec as JSON; what it sends in one turn of the event loop arrives in one piece. */
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import { createFake } from './mcp-server.ts'

class OnePiece extends StdioServerTransport {
  override send(message: Parameters<StdioServerTransport['send']>[0]): Promise<void> {
    process.stdout.cork()
    setImmediate(() => process.stdout.uncork())
    void super.send(message)
    return Promise.resolve()
  }
}

const fake = createFake(JSON.parse(process.argv[2] ?? '{}'))
const transport = new OnePiece()
await fake.connection().connect(transport)
process.stdin.on('end', () => process.exit(0))
