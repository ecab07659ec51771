/** The forms in which one secret may stand in a text: as it is, as JSON has it, in a URL, and in Base64 (Basic credentials, above all). */

export interface Form {
  readonly text: string
  /** It may be the middle of something longer that has to go as a whole. */
  readonly inside: boolean
}

/** @param secret at least `shortest` characters long: then every form is, too */
export function formsOf(secret: string): Form[] {
  const whole = [secret, JSON.stringify(secret).slice(1, -1), ...inUrls(secret)]
  const encoded = [0, 1, 2].flatMap((shift) => inBase64(secret, shift))
  return [
    ...[...new Set(whole)].map((text) => ({ text, inside: false })),
    ...[...new Set(encoded)].map((text) => ({ text, inside: true })),
  ]
}

/** With capital and with small hexadecimal digits, and as forms have it, which keep less as it is. */
function inUrls(secret: string): string[] {
  // What is half of a surrogate pair cannot stand in a URL.
  const encoded = encodeURIComponent(Buffer.from(secret).toString())
  const inForms = new URLSearchParams([['', secret]]).toString().slice(1)
  return [encoded, inForms].flatMap((text) => [text, text.replace(/%[0-9A-F]{2}/g, (byte) => byte.toLowerCase())])
}

/**
 * The characters that stand for this secret alone, when `shift` (0 to 2) bytes come before it within a group of three; in the usual
 * alphabet and in that for URLs (RFC 4648, sections 4 and 5).
 */
function inBase64(secret: string, shift: number): string[] {
  const bytes = Buffer.concat([Buffer.alloc(shift), Buffer.from(secret)])
  // A character stands for six bits: those that share one with what is before or after the secret are left out.
  const text = bytes.toString('base64').slice(Math.ceil((shift * 8) / 6), Math.floor((bytes.length * 8) / 6))
  return [text, text.replaceAll('+', '-').replaceAll('/', '_')]
}
