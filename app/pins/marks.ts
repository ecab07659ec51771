/** Looks at a form for what is meant to mislead models or people. A mark is for a person to judge; it never blocks anything. */
import type { Json } from '../call.ts'
import { isObject } from '../is-object.ts'
import { invisibleIn, reveal } from './invisible.ts'
import { disguisedIn, isAboutDestroying, originalIn } from './names.ts'
import { phrases } from './phrases.ts'
import type { Form, Mark, PinKind } from './words.ts'

/** One text of a form, and where it stands. */
interface Said {
  readonly field: string
  readonly text: string
}

/** What is looked at of one text, and how many texts of one form. */
const longestRead = 20_000
const mostTexts = 2_000
const mostMarks = 20
/** Characters around what was found. */
const around = 40

/** Longer than descriptions are that only say what a thing does. */
const longDescription = 6_000
const longDetail = 2_000

export function marksIn(kind: PinKind, form: Form): Mark[] {
  const texts = textsOf(form)
  const found = texts.flatMap((said) => [...inAnyText(said), ...(isName(said.field) ? inName(said) : [])])
  const marks = kind === 'tool' ? [...found, ...harmless(form.definition)] : found
  return marks.slice(0, mostMarks)
}

/** Pictures are data by nature, and `_meta` is for programs. */
const notRead = new Set(['icons', '_meta'])

function textsOf({ definition, notes }: Form): Said[] {
  const given = originalIn(definition._meta)
  const said: Said[] = given === undefined ? [] : [{ field: 'name', text: given }]
  const queue: [field: string, value: unknown][] = Object.entries({ ...definition, notes }).filter(([name]) => !notRead.has(name))
  for (let at = 0; at < queue.length && said.length < mostTexts; at++) {
    const [field, value] = queue[at]!
    if (typeof value === 'string') said.push({ field, text: value.slice(0, longestRead) })
    else if (typeof value === 'object' && value !== null) {
      for (const [name, member] of Object.entries(value)) {
        queue.push([`${field}.${name}`, member])
        // Names of arguments are read as well.
        if (isObject(value) && field.endsWith('properties'))
          said.push({ field: `${field}.${reveal(name).slice(0, 80)}`, text: name })
      }
    }
  }
  return said
}

const isName = (field: string): boolean => field === 'name' || field === 'title' || field === 'annotations.title'

function* inAnyText({ field, text }: Said): Generator<Mark> {
  for (const { id, text: sentence, patterns } of phrases) {
    const at = firstOf(patterns, text)
    if (at) yield mark(id, sentence, field, text, ...at)
  }
  const [invisible] = invisibleIn(text)
  // Sequences for terminals have a mark of their own.
  if (invisible && invisible.character !== '\u001b') {
    yield mark('invisible-characters', 'It holds characters that nobody sees and models read.', field, text, invisible.at, 1)
  }
  for (const { id, sentence, pattern } of shapes) {
    const at = firstOf([pattern], text)
    if (at) yield mark(id, sentence, field, text, ...at)
  }
  const most = field === 'description' || field === 'instructions' || isExample(field) ? longDescription : longDetail
  if (text.length > most) {
    yield mark(
      'very-long',
      `It is longer than ${most} characters: people do not read to its end, models do.`,
      field,
      text,
      text.length - 1,
      1,
    )
  }
}

const isExample = (field: string): boolean => /(^|\.)(notes|examples?|default|enum|const)(\.|$)/.test(field)

const shapes: readonly { id: string; sentence: string; pattern: RegExp }[] = [
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what is looked for
  { id: 'terminal-sequence', sentence: 'It holds a sequence that terminals obey.', pattern: /\u001b[[\]()#;?0-9A-Za-z]/ },
  {
    id: 'encoded-text',
    sentence: 'It holds a long run of letters and digits, such as encoded text.',
    pattern:
      /(?<![A-Za-z0-9+/_-])(?=[A-Za-z0-9+/_-]*[a-z])(?=[A-Za-z0-9+/_-]*[A-Z])(?=[A-Za-z0-9+/_-]*\d)[A-Za-z0-9+/_-]{120,}|(?<!\w)[0-9a-fA-F]{160,}/,
  },
  {
    id: 'pushed-away',
    sentence: 'A long run of blanks pushes what follows out of sight.',
    pattern: /(?<!\s)(?:[^\S\n]{60,}|(?:[^\S\n]*\n){12,}[^\S\n]*)\S/,
  },
  {
    id: 'active-markup',
    sentence: 'It holds markup that a careless page or client would run or load.',
    pattern:
      /<\s*(?:script|iframe|object|embed)\b|<[a-z][^>]{0,200}\son[a-z]{3,20}\s*=|\bjavascript:|!\[[^\]]{0,200}\]\(\s*https?:/i,
  },
]

function* inName({ field, text }: Said): Generator<Mark> {
  const at = firstOf([/<\/?[a-z!][^>]*>|\]\(|[\r\n]/i], text)
  if (at) yield mark('markup-in-name', 'It holds markup or a line end, where there should be a name alone.', field, text, ...at)
  const disguised = disguisedIn(text)
  if (disguised) {
    const { at, word } = disguised
    yield mark(
      'mixed-alphabets',
      'Letters of another alphabet stand for Latin ones that they look like.',
      field,
      text,
      at,
      word.length,
    )
  }
}

/** A hint that clients go by, and that the name contradicts. */
function harmless({ name, title, annotations }: Json): Mark[] {
  if (!isObject(annotations)) return []
  const { readOnlyHint, destructiveHint } = annotations
  if (readOnlyHint !== true && destructiveHint !== false) return []
  const said = [name, title].find((text) => typeof text === 'string' && isAboutDestroying(text))
  if (said === undefined) return []
  const field = readOnlyHint === true ? 'annotations.readOnlyHint' : 'annotations.destructiveHint'
  return [
    {
      id: 'not-so-harmless',
      text: 'It says that it destroys nothing, and its name says that it does.',
      field,
      excerpt: reveal(String(said)).slice(0, 100),
    },
  ]
}

function firstOf(patterns: readonly RegExp[], text: string): [at: number, length: number] | undefined {
  for (const pattern of patterns) {
    const found = pattern.exec(text)
    if (found) return [found.index, found[0].length]
  }
  return undefined
}

function mark(id: string, sentence: string, field: string, text: string, at: number, length: number): Mark {
  const from = Math.max(0, at - around)
  const to = Math.min(text.length, at + Math.min(length, 160) + around)
  const excerpt = `${from > 0 ? '…' : ''}${reveal(text.slice(from, to)).replace(/\s+/g, ' ').trim()}${to < text.length ? '…' : ''}`
  return { id, text: sentence, field: field.slice(0, 200), excerpt }
}
