/**
 * Packs what a framework route answers, where the client takes that; streams of events and small answers go as they are. Never for an answer that
 * holds a secret beside something that somebody else chose: its length would tell of the secret (BREACH).
 */
import type { MiddlewareHandler } from 'hono'
import { compress } from 'hono/compress'

const pack = compress({ threshold: 1024 })

export const packed: MiddlewareHandler = async function packs(c, next) {
  if (c.req.method !== 'GET' && c.req.method !== 'HEAD') return next()
  await pack(c, next)
  c.header('Vary', 'Accept-Encoding', { append: true })
}
