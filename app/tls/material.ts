/** The certificate files, read and looked through: whatever is wrong with them is said in one sentence, before a handshake fails on it. */
import { createHash, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import { opennessOf } from '../config/secret-file.ts'
import type { Config } from '../config.ts'
import { Failure } from '../errors.ts'
import { reasonOf } from '../reason.ts'

export type Ssl = Config['ssl']

export interface Material {
  /** For Node, as it was read. */
  readonly context: SecureContextOptions
  /** Whose certificate it is, on one line. */
  readonly subject: string
  /** Within these the whole chain is valid; milliseconds, as Date.now(). */
  readonly begins: number
  readonly ends: number
  /** Differs when anything in the files does. */
  readonly digest: string
}

/**
 * Reads what `ssl` names. A certificate that is over is no error here: its holder may be glad of a server that answers at all.
 * @throws Failure `failed` with the first thing that is wrong
 */
export async function readMaterial({ certFile, keyFile, keyPassphrase, caCert, crlFile }: Ssl): Promise<Material> {
  const certFrom = `ssl.cert_file ${certFile}`
  const keyFrom = `ssl.key_file ${keyFile}`
  const [cert, key, ca, crl] = await Promise.all([
    read('ssl.cert_file', certFile!),
    read('ssl.key_file', keyFile!),
    caCert === null ? undefined : read('ssl.ca_cert', caCert),
    crlFile === null ? undefined : read('ssl.crl_file', crlFile),
  ])
  const open = opennessOf(keyFile!, (await stat(keyFile!)).mode)
  if (open) throw wrong(`${keyFrom} ${open}`)
  const [own, ...between] = certificatesIn(cert, certFrom)
  if (ca) certificatesIn(ca, `ssl.ca_cert ${caCert}`)
  const passphrase = keyPassphrase ?? undefined
  if (!own!.checkPrivateKey(keyIn(key, passphrase, keyFrom))) throw wrong(`${keyFrom} is not the key of ${certFrom}`)
  const context = { cert, key, passphrase, ca, crl }
  try {
    createSecureContext(context)
  } catch (error) {
    throw wrong(`the files in ssl cannot be used for TLS: ${reasonOf(error)}`, error)
  }
  const chain = [own!, ...between]
  return {
    context,
    subject: own!.subject.replaceAll('\n', ', ') || own!.subjectAltName || 'no name',
    begins: Math.max(...chain.map(({ validFrom }) => Date.parse(validFrom))),
    ends: Math.min(...chain.map(({ validTo }) => Date.parse(validTo))),
    digest: digestOf([cert, key, ca, crl]),
  }
}

/** The certificates in a text of PEM blocks, in their order; at least one. Throws Failure. */
export function certificatesIn(pem: Buffer, from: string): X509Certificate[] {
  const blocks = pem.toString('latin1').match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)
  if (!blocks) throw wrong(`${from} holds no certificate: it must be PEM, with a line -----BEGIN CERTIFICATE-----`)
  try {
    return blocks.map((block) => new X509Certificate(block))
  } catch (error) {
    throw wrong(`${from} holds a certificate that is damaged: ${reasonOf(error)}`, error)
  }
}

function keyIn(pem: Buffer, passphrase: string | undefined, from: string): KeyObject {
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem.toString('latin1'))) {
    throw wrong(`${from} holds no private key: it must be PEM, with a line -----BEGIN PRIVATE KEY-----`)
  }
  const encrypted = /ENCRYPTED/.test(pem.toString('latin1'))
  if (encrypted && passphrase === undefined) throw wrong(`${from} is encrypted: set ssl.key_passphrase`)
  try {
    return createPrivateKey({ key: pem, passphrase })
  } catch (error) {
    throw wrong(encrypted ? `ssl.key_passphrase does not open ${from}` : `${from} is damaged: ${reasonOf(error)}`, error)
  }
}

async function read(setting: string, file: string): Promise<Buffer> {
  try {
    return await readFile(file)
  } catch (error) {
    throw wrong(`${setting} ${file} cannot be read: ${reasonOf(error)}`, error)
  }
}

function digestOf(parts: readonly (Buffer | undefined)[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(`${part?.length ?? 0}:`).update(part ?? '')
  return hash.digest('base64')
}

const wrong = (message: string, cause?: unknown) => new Failure('failed', message, { cause })
