/** Settings of what browsers may do, and how they come to TLS. */
import { ignoredValues } from './ignored.ts'
import { setting } from './setting.ts'
import { integer, list, orNull, type Shape } from './shapes.ts'

/** An origin as browsers write it (RFC 6454, section 6.1); comes out in small letters and without the usual port. */
const origin: Shape<string> = {
  expected:
    'origins such as https://app.example or http://localhost:6274, without a path; * is none, because it would let every page on the web read what is answered here',
  read(raw) {
    if (typeof raw !== 'string' || !/^https?:\/\/[^\s/?#@*]+$/i.test(raw) || !URL.canParse(raw)) return undefined
    return new URL(raw).origin
  },
}

export const corsOrigins = setting(list(origin), {
  help: 'Origins of other web pages that may call port 9090 and read its answers (CORS). Without it, none may.',
  variable: 'MCP_CORS_ORIGINS',
  // Proxies for 1C have a JSON list here, and usually a star in it.
  meaning: (name, raw) => (ignoredValues[name]?.value.test(raw) ? undefined : raw.replace(/^\s*\[|\]\s*$|"/g, '')),
  default: [],
})

export const redirectPort = setting(orNull(integer(0, 65535)), {
  help: 'Port for plain HTTP beside TLS: it sends everybody on to https, and answers health and metrics itself.',
  variable: 'MCP_SSL_REDIRECT_PORT',
  default: null,
})
