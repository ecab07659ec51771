/** The least that any HTTP server in Node does: read a JSON body, send a constant answer of the size of ours. Everything is measured against it. */
import { createServer } from 'node:http'
import { listenAndSay } from './listen.ts'

const message = 'a message of a few words'
const answer = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  result: { content: [{ type: 'text', text: JSON.stringify({ message }) }], structuredContent: { message } },
})

listenAndSay(
  createServer((incoming, outgoing) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      JSON.parse(Buffer.concat(chunks).toString())
      outgoing.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(answer) })
      outgoing.end(answer)
    })
  }),
)
