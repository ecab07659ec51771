/** Requests to the proxy: with its certificate authority, our certificate and our credential; bounded in time and size. */
import { readFileSync } from 'node:fs'
import { Agent, request } from 'undici'
import type { Json } from '../call.ts'
import { Failure } from '../errors.ts'
import { reasonOf } from '../reason.ts'
import type { ProxySettings } from './payload.ts'
import type { Reply } from './reply.ts'

export interface Wire {
  /**
   * @param to a path of the proxy, or a whole URL
   * @throws what kept the answer from coming
   */
  post(to: string, body: Json, signal: AbortSignal): Promise<Reply>
  close(): Promise<void>
}

/** What is read of an answer, in bytes. */
const mostRead = 64 * 1024

/** Throws Failure `failed` for a certificate that cannot be read. */
export function openWire({ proxyUrl, registrationTimeout, ssl, token, apiKey }: ProxySettings): Wire {
  const patience = registrationTimeout * 1000
  const agent = new Agent({
    connect: { ca: pem('ca', ssl.ca), cert: pem('cert', ssl.cert), key: pem('key', ssl.key), timeout: patience },
  })
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json',
    ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    ...(apiKey === null ? {} : { 'x-api-key': apiKey }),
  }
  const base = proxyUrl.replace(/\/+$/, '')

  return {
    async post(to, body, signal) {
      const url = to.startsWith('/') ? base + to : to
      const bounded = AbortSignal.any([signal, AbortSignal.timeout(patience)])
      const answer = await request(url, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
        signal: bounded,
        dispatcher: agent,
      })
      let text = ''
      for await (const chunk of answer.body.setEncoding('utf8')) {
        text += chunk
        if (text.length > mostRead) break // leaving the loop closes the connection
      }
      return { status: answer.statusCode, text: text.slice(0, mostRead) }
    },
    close: () => agent.destroy(),
  }
}

function pem(name: string, file: string | null): Buffer | undefined {
  if (file === null) return undefined
  try {
    return readFileSync(file)
  } catch (error) {
    throw new Failure('failed', `proxy_registration.ssl.${name} must name a PEM file that can be read: ${reasonOf(error)}`)
  }
}
