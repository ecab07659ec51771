/** What has to be used again and must not be read in the database: AES-256-GCM under a key of this server. */
import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, randomBytes } from 'node:crypto'

export interface Box {
  /** @param about what the text is about: it can be opened for the same thing and for nothing else */
  seal(text: string, about: string): string
  /** Undefined for what was sealed under another key, for something else, or was changed. */
  open(sealed: string, about: string): string | undefined
}

const cipher = 'aes-256-gcm'
const version = 'v1'
const nonceLength = 12
const tagLength = 16

/** @param purpose keeps the key apart from others that are made of the same secret */
export function createBox(secret: string | Uint8Array, purpose: string): Box {
  const key = createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', purpose, 32)))
  return {
    seal(text, about) {
      const nonce = randomBytes(nonceLength)
      const sealing = createCipheriv(cipher, key, nonce).setAAD(Buffer.from(about))
      const sealed = Buffer.concat([sealing.update(text, 'utf8'), sealing.final()])
      return `${version}.${Buffer.concat([nonce, sealing.getAuthTag(), sealed]).toString('base64url')}`
    },
    open(sealed, about) {
      const [made, body = ''] = sealed.split('.')
      const bytes = Buffer.from(body, 'base64url')
      if (made !== version || bytes.length < nonceLength + tagLength) return undefined
      // Decoding passes over unused bits and what is no base64url: one secret would have many texts, each of them good.
      if (`${version}.${bytes.toString('base64url')}` !== sealed) return undefined
      const nonce = bytes.subarray(0, nonceLength)
      const tag = bytes.subarray(nonceLength, nonceLength + tagLength)
      try {
        const opening = createDecipheriv(cipher, key, nonce, { authTagLength: tagLength })
          .setAAD(Buffer.from(about))
          .setAuthTag(tag)
        return Buffer.concat([opening.update(bytes.subarray(nonceLength + tagLength)), opening.final()]).toString('utf8')
      } catch {
        return undefined
      }
    },
  }
}
