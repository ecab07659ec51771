/** Long texts that are asked for often go out packed, and are packed once. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { sendJson } from './send.ts'

/** A JSON text that holds no secret: what is packed tells by its length what is in it. */
export interface Kept {
  readonly text: string
  /** Made when somebody first takes it. */
  packed?: Promise<Buffer>
}

const pack = promisify(gzip)
/** Characters below which packing saves nothing. */
const worthwhile = 1024

/** Whether a client takes gzip (RFC 9110, section 12.5.3). */
export const takesGzip = (accept: string): boolean => /(^|[\s,])(gzip|\*)(?!\s*;\s*q=0(\.0*)?\s*(,|$))/i.test(accept)

/** Answers with it, packed where the client takes that. */
export async function sendKept(incoming: IncomingMessage, outgoing: ServerResponse, kept: Kept): Promise<Response> {
  // Beside what the port has said already: with CORS an answer depends on the origin, too.
  outgoing.appendHeader('vary', 'Accept-Encoding')
  const accept = String(incoming.headers['accept-encoding'] ?? '')
  if (kept.text.length < worthwhile || !takesGzip(accept)) return sendJson(outgoing, 200, kept.text)
  kept.packed ??= pack(kept.text)
  return sendJson(outgoing, 200, await kept.packed, { 'content-encoding': 'gzip' })
}
