/** Secrets that nobody has to know to recognise them: what stands where, and looks how, is one. */

interface Shape {
  /** No text without these characters has one: looking for them costs next to nothing. */
  readonly hint: string
  readonly pattern: RegExp
  /** What is kept of it, before and after; undefined where it is none, and stays. */
  readonly keeps?: (...found: string[]) => [string, string] | undefined
}

const shapes: readonly Shape[] = [
  // Our own keys and tokens.
  { hint: 'swk_', pattern: /swk_[0-9A-Za-z]{8}_[0-9A-Za-z]{16,}/g },
  { hint: 'swt_', pattern: /swt_[\w-]{16,}/g },
  { hint: 'swr_', pattern: /swr_[\w-]{16,}/g },
  { hint: 'swc_', pattern: /swc_[\w-]{16,}/g },
  // JSON Web Tokens: a header that begins with {", its claims, and mostly a signature. What has no claims is taken along too, so that no
  // character is looked at once for every eyJ before it.
  {
    hint: 'eyJ',
    pattern: /eyJ[\w-]{10,}(\.[\w-]{10,}(?:\.[\w-]*)*)?/g,
    keeps: (_, rest) => (rest === undefined ? undefined : ['', '']),
  },
  // https://user:password@host, but for that very word, which is how we say what a URL should be like.
  { hint: '://', pattern: /(:\/\/[^\s/@:"'<>\\]*:)(?!password@)[^\s/@"'<>\\]+(?=@)/g, keeps: (_, before) => [before!, ''] },
  // Credentials as a header has them. A plain word after it is prose.
  {
    hint: 'earer ',
    pattern: /\b([Bb]earer +)(?=[\w.~+/=-]*[A-Z0-9])[\w.~+/=-]{8,}/g,
    keeps: (_, before) => [before!, ''],
  },
  { hint: 'asic ', pattern: /\b([Bb]asic +)(?=[\w+/=-]*[A-Z0-9])[\w+/=-]{8,}/g, keeps: (_, before) => [before!, ''] },
  // A private key in PEM, also where JSON has \n for its lines.
  { hint: 'PRIVATE KEY-----', pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----(?:[\w+/=\s:,-]|\\[nr])*/g },
]

/** Nearly every text has none of them, and is looked through once. */
const anyHint = new RegExp(shapes.map(({ hint }) => hint).join('|'))

/** Replaces them all; gives back the very text where there is none. */
export function maskShapes(text: string, instead: string): string {
  if (!anyHint.test(text)) return text
  let masked = text
  for (const { hint, pattern, keeps } of shapes) {
    if (!masked.includes(hint)) continue
    masked = masked.replace(pattern, (...found) => (keeps ? (keeps(...found)?.join(instead) ?? found[0]!) : instead))
  }
  return masked
}
