/** Connects to a server of ours: it is known by its very certificate, because nothing else on this machine need vouch for it. */
import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { buildConnector } from 'undici'
import { Failure } from '../errors.ts'
import { reasonOf } from '../reason.ts'

/** How undici connects. It gives the socket back, which its types do not say. */
export type Connect = (...args: Parameters<buildConnector.connector>) => Socket

export interface OwnServer {
  /** The file with the certificate that it must show; without one, any that the system trusts. */
  readonly certFile: string | null
  /** What we show, where it asks for that. */
  readonly clientCert?: string
  readonly clientKey?: string
}

/** Throws Failure `failed` for a file that cannot be read. */
export async function connectorTo({ certFile, clientCert, clientKey }: OwnServer): Promise<Connect> {
  const [own, cert, key] = await Promise.all([certFile, clientCert, clientKey].map((file) => (file ? read(file) : undefined)))
  if (!own) return buildConnector({ cert, key }) as Connect
  const { fingerprint256 } = new X509Certificate(own)
  const connect = buildConnector({ cert, key, rejectUnauthorized: false, maxCachedSessions: 0 }) as Connect
  return function connectToOwn(options, callback) {
    return connect(options, (...[error, socket]) => {
      if (error) return callback(error, null)
      if (!(socket instanceof TLSSocket) || socket.getPeerCertificate().fingerprint256 === fingerprint256)
        return callback(null, socket)
      socket.destroy()
      callback(new Failure('failed', `the server shows another certificate than ssl.cert_file ${certFile}`), null)
    })
  }
}

async function read(file: string): Promise<Buffer> {
  try {
    return await readFile(file)
  } catch (error) {
    throw new Failure('failed', `${file} cannot be read: ${reasonOf(error)}`, { cause: error })
  }
}
