/**
 * The forms in which one secret may stand in a text: as it is, as JSON has it, in a URL, and in Base64. Basic credentials have it in Base64 as it
 * is, and those of OAuth clients as forms have it (RFC 6749, section 2.3.1).
 */

export interface Form {
  readonly text: string
  /** It may be the middle of something longer that has to go as a whole. */
  readonly inside: boolean
}

/** @param secret at least `shortest` characters long: then every form is, too */
export function formsOf(secret: string): Form[] {
  const [encoded, inForms] = [inUrl(secret), inForm(secret)]
  const whole = [secret, JSON.stringify(secret).slice(1, -1), ...[encoded, inForms].flatMap(withSmallDigits)]
  const packed = [...new Set([secret, encoded, inForms])].flatMap((text) => [0, 1, 2].flatMap((shift) => inBase64(text, shift)))
  return [
    ...[...new Set(whole)].map((text) => ({ text, inside: false })),
    ...[...new Set(packed)].map((text) => ({ text, inside: true })),
  ]
}

/** What is half of a surrogate pair cannot stand in a URL. */
const inUrl = (secret: string): string => encodeURIComponent(Buffer.from(secret).toString())

/** Forms keep less as it is. */
const inForm = (secret: string): string => new URLSearchParams([['', secret]]).toString().slice(1)

/** With capital and with small hexadecimal digits. */
const withSmallDigits = (text: string): string[] => [text, text.replace(/%[0-9A-F]{2}/g, (byte) => byte.toLowerCase())]

/**
 * The characters that stand for this secret alone, when `shift` (0 to 2) bytes come before it within a group of three; in the usual
 * alphabet and in that for URLs (RFC 4648, sections 4 and 5).
 */
export function inBase64(secret: string, shift: number): string[] {
  const bytes = Buffer.concat([Buffer.alloc(shift), Buffer.from(secret)])
  // A character stands for six bits: those that share one with what is before or after the secret are left out.
  const text = bytes.toString('base64').slice(Math.ceil((shift * 8) / 6), Math.floor((bytes.length * 8) / 6))
  return [text, text.replaceAll('+', '-').replaceAll('/', '_')]
}
