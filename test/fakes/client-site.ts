/** The web site of a client: over TLS, with the document that describes it, and whatever else a test wants to be found there. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { makeCa } from './certificates.ts'

type Answer = (request: IncomingMessage, response: ServerResponse) => void

export interface ClientSite {
  readonly url: string
  /** Who trusts it. */
  readonly ca: string
  /** How often each path was asked for. */
  readonly asked: Map<string, number>
  /** @returns the URL of the document. @param path begins with a slash */
  describe(path: string, more?: object, headers?: Record<string, string>): string
  /** @returns the URL of it */
  answer(path: string, answer: Answer): string
  stop(): Promise<void>
}

export async function startClientSite(): Promise<ClientSite> {
  const authority = makeCa('Clients CA')
  const { cert, key } = authority.issue()
  const answers = new Map<string, Answer>()
  const asked = new Map<string, number>()
  const server = createServer({ cert, key }, (request, response) => {
    const path = request.url ?? '/'
    asked.set(path, (asked.get(path) ?? 0) + 1)
    const answer = answers.get(path)
    if (answer) answer(request, response)
    else response.writeHead(404).end()
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const url = `https://localhost:${(server.address() as AddressInfo).port}`

  function answer(path: string, how: Answer): string {
    answers.set(path, how)
    return url + path
  }

  return {
    url,
    ca: authority.cert,
    asked,
    answer,
    describe(path, more = {}, headers = {}) {
      const redirect_uris = ['http://127.0.0.1:18999/callback']
      const text = JSON.stringify({ client_id: url + path, client_name: 'A described program', redirect_uris, ...more })
      return answer(path, (_, response) => response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(text))
    },
    async stop() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
      authority.remove()
    },
  }
}
