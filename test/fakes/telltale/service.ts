/** A service that repeats all that it was shown, in every way there is, in every error that it answers. */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Telltale {
  readonly url: string
  /** How many requests came with a credential. */
  readonly heard: () => number
  stop(): Promise<void>
}

/** Everything of a request, as it is, decoded, and encoded once more. */
function repeated({ headers, url }: IncomingMessage): string {
  const said = Object.values(headers).flatMap((value) => {
    const text = String(value)
    const word = text.slice(text.indexOf(' ') + 1)
    const decoded = Buffer.from(word, 'base64').toString('utf8')
    return [text, word, decoded, decoded.slice(decoded.indexOf(':') + 1)]
  })
  const encoded = said.flatMap((text) => [encodeURIComponent(text), Buffer.from(`you said ${text}`).toString('base64')])
  return [url, ...said, ...encoded].join(' | ').slice(0, 3_000)
}

export async function startTelltale(): Promise<Telltale> {
  let heard = 0
  const server = createServer((request, response) => {
    if (request.headers.authorization ?? request.headers['x-api-key']) heard++
    request.resume().on('end', () => {
      const message = `no entry for ${repeated(request)}`
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, error: { code: -32000, message, data: { message } }, message })
      response
        .writeHead(500, message.replace(/[^\x20-\x7e]/g, '?').slice(0, 200), { 'content-type': 'application/json' })
        .end(body)
    })
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heard: () => heard,
    async stop() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}
