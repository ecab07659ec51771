/** Our own keys and tokens, and JSON Web Tokens, in Base64: nobody has to know them to recognise them there either. */
import { around } from './finder.ts'
import { inBase64 } from './forms.ts'

const ours = /swk_[0-9A-Za-z]{8}_[0-9A-Za-z]{16}|sw[trc]_[\w-]{16}|eyJ[\w-]{10,2000}\.[\w-]{10}/

/** What stands in Base64 for how they begin, at each of the three places where that may be within a group. */
const beginnings = ['swk_', 'swt_', 'swr_', 'swc_', 'eyJ'].flatMap((text) => [0, 1, 2].map((shift) => inBase64(text, shift)[0]))
const beginning = new RegExp([...new Set(beginnings)].join('|'), 'g')

/** Replaces every Base64 text that has one in it; gives back the very text where there is none. */
export function maskPacked(text: string, instead: string): string {
  let masked = ''
  let done = 0
  beginning.lastIndex = 0
  for (let found = beginning.exec(text); found; found = beginning.exec(text)) {
    const [from, to] = around(text, found.index, beginning.lastIndex, done)
    // Looked at once as a whole, however often it may begin in there.
    beginning.lastIndex = to
    if (!holdsOurs(text.slice(from, to))) continue
    masked += text.slice(done, from) + instead
    done = to
  }
  return done === 0 ? text : masked + text.slice(done)
}

/** What stands right before it may look as if it belonged to it, and it may begin anywhere in a group then. */
const holdsOurs = (text: string): boolean =>
  [0, 1, 2, 3].some((start) => ours.test(Buffer.from(text.slice(start), 'base64').toString('latin1')))
