/** Names that models and people take for one another. */
import type { Command } from '../call.ts'
import { reveal } from './invisible.ts'
import type { Mark } from './words.ts'

/** Letters of other alphabets, and digits, that look like a Latin letter: a part of the confusables of Unicode Technical Standard 39. */
const lookalikes: Readonly<Record<string, string>> = Object.fromEntries(
  [
    ...pairs('авеёкмнорстухіјѕԁԛԝһӏ', 'abeekmhopctyxijsdqwhl'),
    ...pairs('αβεηικνορτυχωϲϳ', 'abenikvoptuxwcj'),
    ...pairs('01|ı', 'olli'),
  ].map(([from, to]) => [from, to]),
)

function pairs(from: string, to: string): [string, string][] {
  return [...from].map((letter, index) => [letter, to[index] ?? letter])
}

/** The name as it is taken in at a glance: case, separators and lookalike letters make no difference. */
export const glanceOf = (name: string): string =>
  [
    ...name
      .normalize('NFKC')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}|]/gu, ''),
  ]
    .map((letter) => lookalikes[letter] ?? letter)
    .join('')

/** A word in which letters of another alphabet stand for the Latin ones that they look like; undefined where there is none. */
export const disguisedIn = (text: string): { readonly at: number; readonly word: string } | undefined => {
  for (const { 0: word, index } of text.matchAll(/[\p{L}\p{N}]+/gu)) {
    if (!/\p{Script=Latin}/u.test(word) || !/[\p{Script=Cyrillic}\p{Script=Greek}]/u.test(word)) continue
    // A word that goes from one alphabet to the other has letters that only the other one has.
    if (!/[\p{Script=Cyrillic}\p{Script=Greek}]/u.test(glanceOf(word))) return { at: index, word }
  }
  return undefined
}

const destroying = new Set([
  'delete',
  'drop',
  'destroy',
  'purge',
  'wipe',
  'truncate',
  'erase',
  'shred',
  'удалить',
  'очистить',
  'стереть',
  'уничтожить',
])

export const isAboutDestroying = (name: string): boolean =>
  name
    .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}]+/u)
    .some((word) => destroying.has(word))

/** Where the name that an upstream has given stands, where it is not the one that clients see. */
const original = 'switchyard/name'

/** A name that somebody wanted and that another one has. */
interface Taken {
  readonly name: string
  readonly owner: string
  readonly holder: string
}

/**
 * Says of a tool which others of other owners have a name that looks like its own. Made anew for a look at many: what is offered changes.
 * @param tools all that are offered
 * @param taken names that were refused
 */
export function createShadows(
  tools: readonly Command[],
  taken: readonly Taken[],
): (name: string, owner: string, given?: string) => Mark[] {
  const seen = new Map<string, { name: string; owner: string }[]>()
  for (const { name, owner, definition } of tools) {
    for (const each of new Set([name, originalIn(definition._meta) ?? name])) {
      const glance = glanceOf(each)
      seen.set(glance, [...(seen.get(glance) ?? []), { name: each, owner }])
    }
  }

  return function shadowsOf(name, owner, given = name) {
    const others = (text: string) => (seen.get(glanceOf(text)) ?? []).filter((other) => other.owner !== owner)
    // What has a prefix of its own is not taken for what has another; letters that only look alike are no accident.
    const alike = isPlain(given)
      ? others(name).filter((other) => tools.some((tool) => tool.name === other.name))
      : [...others(name), ...others(given)]
    const wanted = taken.filter((refusal) => refusal.owner === owner && refusal.name === name)
    return [
      ...alike.slice(0, 3).map((other) => mark(given, `It looks like ${reveal(other.name)} of ${other.owner}.`)),
      ...wanted.map(({ holder }) => mark(given, `${holder} has a tool of this name, which is the one that clients see.`)),
    ]
  }
}

/** What `_meta` says, where it says something. */
export const originalIn = (meta: unknown): string | undefined => {
  const name = (meta as Record<string, unknown> | undefined)?.[original]
  return typeof name === 'string' ? name : undefined
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII
const isPlain = (text: string): boolean => /^[\u0000-\u007f]*$/.test(text)

const mark = (name: string, text: string): Mark => ({
  id: 'shadows-another',
  text,
  field: 'name',
  excerpt: reveal(name).slice(0, 100),
})
