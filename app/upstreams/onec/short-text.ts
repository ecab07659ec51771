/** What 1C says about an error, as one sentence for the person outside: without the modules, lines and code of the base. */
import { shortened } from '../../redact.ts'

/** `{CommonModule.Orders.Module(123)}:`, also with a column, in any language. */
const location = /\{[^{}\n]{1,300}\(\d+(?:,\s*\d+)?\)\}:?/u
const locations = new RegExp(location.source, 'gu')
const reason = /^\s*(?:по причине|by reason|caused by|because of|reason):?\s*$/i
/** `[RuntimeError]`: the category of the error, on a line of its own. */
const category = /^\s*\[[\p{L}\s,]{1,200}\]\s*$/u

const longest = 2_000

/**
 * Of every part of the chain (`by reason:`) the first line is its message; what follows is where it went through, with source code.
 * @returns empty where nothing is left
 */
export function shortText(text: string): string {
  if (!location.test(text)) return cut(text.trim())
  const kept: string[] = []
  let message = true
  let joins = false
  for (const line of text.split(/\r?\n/)) {
    if (reason.test(line)) {
      message = true
      joins = true
      continue
    }
    if (line.trim() === '' || category.test(line)) continue
    const located = location.test(line)
    const words = line.replace(locations, ' ').replace(/\s+/g, ' ').trim()
    // A place, or code that stands there: of the stack.
    if (!message && (located || /^\s/.test(line) || /[;)]\s*$/.test(line))) continue
    if (words === '') continue
    if (joins && kept.length) kept[kept.length - 1] = `${kept.at(-1)!.replace(/[:.]$/, '')}: ${words}`
    else kept.push(words)
    message = false
    joins = false
  }
  return cut(kept.join('\n'))
}

const cut = (text: string): string => (text.length <= longest ? text : `${shortened(text, longest)}...`)
