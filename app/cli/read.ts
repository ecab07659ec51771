/** Takes a command line apart: which verb, with which words and flags. What is not known is refused with what was probably meant. */
import yargs from 'yargs'
import { nearest } from '../nearest.ts'
import { type Flag, optionsOf } from './flags.ts'
import type { Given, Verb } from './verb.ts'

/** A command line that nobody can follow; the message says what would be right. */
export class WrongUse extends Error {}

export interface Read {
  readonly verb: Verb
  /** Whether the verb was named, or is the one that is meant without a name. */
  readonly named: boolean
  readonly given: Omit<Given, 'assemble'>
}

/**
 * @param verbs the first is meant where none is named
 * @throws WrongUse
 */
export function readWords(line: readonly string[], verbs: readonly Verb[]): Read {
  const { _: words, $0: _, ...flags } = parse(line, verbs)
  const [name, ...rest] = words.map(String)
  // What most people try first.
  if (name === 'help') return readWords([...rest, '--help'], verbs)
  const verb = name === undefined ? verbs[0]! : verbs.find((each) => each.name === name)
  if (!verb) {
    const known = verbs.map((each) => each.name)
    throw new WrongUse(`unknown verb ${name}: ${meant(name!, known) ?? `known are ${known.join(', ')}`}`)
  }
  for (const flag of Object.keys(flags)) checkFlag(flag, flags[flag], verb, verbs)
  if (!flags.help) checkWords(verb, rest)
  return { verb, named: name !== undefined, given: { flags, words: rest } }
}

/** Verbs may follow flags, so the flags of all verbs are read first, and looked at when the verb is known. */
function parse(line: readonly string[], verbs: readonly Verb[]) {
  const flags = flagsFor(line, verbs)
  return yargs(gathered(line, flags))
    .help(false)
    .version(false)
    .options(optionsOf(flags))
    .exitProcess(false)
    .detectLocale(false)
    .updateStrings({ 'Not enough arguments following: %s': '--%s needs a value' })
    .parserConfiguration({
      // The last one wins, so that `npm start -- --transport both` can change what the script says.
      'duplicate-arguments-array': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'short-option-groups': false,
    })
    .fail((message, error) => {
      throw new WrongUse(message || error.message)
    })
    .parseSync()
}

/** Where two verbs have a flag of one name, it is read as that of the verb which stands in the line. */
function flagsFor(line: readonly string[], verbs: readonly Verb[]): readonly Flag[] {
  const named = line.map((word) => verbs.find(({ name }) => name === word)).find(Boolean)
  const all = [...verbs.filter((verb) => verb !== named), ...(named ? [named] : [])].flatMap(({ flags }) => flags)
  return [...new Map(all.map((flag) => [flag.name, flag])).values()]
}

/** Of a flag that is given twice the last one counts; those that may be given several times are brought together first. */
function gathered(line: readonly string[], flags: readonly Flag[]): string[] {
  const many = flags.filter((flag) => flag.many)
  return many.reduce(
    (words, { name }) => {
      const others: string[] = []
      const values: string[] = []
      let open = false
      for (const word of words) {
        if (word === `--${name}`) open = true
        else if (word.startsWith(`--${name}=`)) values.push(word.slice(name.length + 3))
        else if (open && !word.startsWith('-')) values.push(word)
        else {
          open = false
          others.push(word)
        }
      }
      return others.length < words.length ? [...others, `--${name}`, ...values] : others
    },
    [...line],
  )
}

function checkFlag(flag: string, value: unknown, verb: Verb, verbs: readonly Verb[]): void {
  const known = Object.keys(optionsOf(verb.flags))
  if (known.includes(flag)) return
  const dashes = value === false ? '--no-' : '--'
  const owner = verbs.find(({ flags }) => flags.some(({ name }) => name === flag))
  const help = `\`switchyard ${verb.name} --help\` lists the flags of ${verb.name}`
  if (owner) throw new WrongUse(`${dashes}${flag} belongs to ${owner.name}: ${help}`)
  throw new WrongUse(`unknown flag ${dashes}${flag}: ${meant(flag, known, dashes) ?? help}`)
}

function checkWords({ name, words }: Verb, given: readonly string[]): void {
  const missing = words[given.length]
  if (missing && !missing.startsWith('[')) throw new WrongUse(`${name} needs ${missing}: \`switchyard ${name} --help\` shows how`)
  if (given.length <= words.length) return
  const extra = given[words.length]
  if (words.length === 0) throw new WrongUse(`${name} takes no words, got ${extra}`)
  throw new WrongUse(`${name} takes ${words.join(' ')}, got one word more: ${extra}; put quotes around what has spaces in it`)
}

function meant(word: string, known: readonly string[], dashes = ''): string | undefined {
  const guess = nearest(word, known)
  return guess && `did you mean ${dashes}${guess}?`
}
