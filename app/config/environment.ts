/** Variables: those of the process, and behind them those of an env file. One setting may have several names, and a secret may stand in a file. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseEnv } from 'node:util'
import { nearest } from '../nearest.ts'
import { ignored, ignoredValues } from './ignored.ts'
import type { Source } from './open-files.ts'
import { joinParts } from './parts.ts'
import { reasonOf } from './problems.ts'
import { readSecretFile } from './secret-file.ts'
import type { Row, Sources } from './setting.ts'
import type { Found } from './shapes.ts'

/** Variables from one place. */
interface Layer {
  readonly values: Record<string, string | undefined>
  /** Added to a name to tell where it stands; empty for the process's own. */
  readonly where: string
}

export interface Environment {
  /** What `${NAME}` in a file stands for; it may stand in a file itself (NAME_FILE). */
  get(name: string): string | undefined
  /** What the variables say about a setting. */
  find(row: Row): Found | undefined
  /** The env file, where there is one. */
  readonly file: Source | undefined
  /** What is probably a typing error, but may as well belong to another program. */
  warnings(rows: readonly Row[]): string[]
}

/** @param problems takes what is wrong: an unreadable file, two names that disagree */
export function readEnvironment({ flags, env, cwd, home }: Sources, problems: string[]): Environment {
  const layers: Layer[] = [{ values: env, where: '' }]
  const envFile = flags['env-file']
  const file = envFile === undefined ? undefined : readEnvFile(cwd, String(envFile), problems)
  if (file) layers.push({ values: parseEnv(file.text), where: ` in ${envFile}` })

  /** One variable, or the content of the file that NAME_FILE names. */
  function take({ values, where }: Layer, name: string, secret: boolean): Found | undefined {
    const value = givenIn(values, name)
    const file = secret ? givenIn(values, `${name}_FILE`) : undefined
    if (value !== undefined && file !== undefined) problems.push(`${name} and ${name}_FILE are both set${where}: set one of them`)
    if (value !== undefined) return { raw: value, origin: name + where, directory: cwd }
    if (file === undefined) return undefined
    const origin = `${name}_FILE${where}`
    try {
      return { raw: readSecretFile(resolve(cwd, file)), origin, directory: cwd }
    } catch (error) {
      problems.push(`${origin} must name a file with the secret in it, but ${file} ${reasonOf(error)}`)
      return undefined
    }
  }

  /** The first of several names for one thing; they may repeat each other, but not disagree. */
  function takeOne(
    layer: Layer,
    names: readonly string[],
    secret: boolean,
    read: (found: Found) => unknown,
    meaning?: Row['setting']['meaning'],
  ): Found | undefined {
    const found = names.flatMap((name) => {
      const one = take(layer, name, secret)
      const raw = one && meaning ? meaning(name, String(one.raw)) : one?.raw
      return one && raw !== undefined ? { ...one, raw } : []
    })
    const other = found.find((each) => String(read(each)) !== String(read(found[0]!)))
    if (other) problems.push(`${found[0]!.origin} and ${other.origin} disagree: set one of them`)
    return found[0]
  }

  return {
    file,
    get: (name) => first(layers, (layer) => layer.values[name] ?? take(layer, name, true)?.raw) as string | undefined,
    find({ setting: { shape, variable, aliases = [], meaning, parts, secret } }) {
      const read = (found: Found) => shape.read(found.raw, { directory: found.directory, home }) ?? found.raw
      const found = first(layers, (layer) => takeOne(layer, [variable, ...aliases], secret !== undefined, read, meaning))
      if (found || !parts) return found
      const takePart = (names: string[], isSecret: boolean) =>
        first(layers, (layer) => takeOne(layer, names, isSecret, ({ raw }) => raw))
      return joinParts(parts, takePart, (problem) => problems.push(`${problem}, or ${variable}`))
    },
    warnings(rows) {
      const known = new Set(['MCP_CONFIG', ...rows.flatMap(({ setting }) => namesOf(setting))])
      return layers.flatMap(({ values, where }) =>
        Object.keys(values)
          .filter((name) => name.startsWith('MCP_') && (!known.has(name) || isIgnored(name, values[name])) && !foreign.test(name))
          .map((name) => {
            if (isIgnored(name, values[name])) return `${name}${where} was ignored: ${ignoredValues[name]!.reason}`
            const reason = Object.hasOwn(ignored, name) ? ignored[name] : undefined
            if (reason) return `${name}${where} was ignored: ${reason}`
            const meant = nearest(name, known)
            return `${name}${where} is not a setting and was ignored${meant ? `: did you mean ${meant}?` : ''}`
          }),
      )
    },
  }
}

/** Claude Code's own settings, which a server that it starts inherits, and what Kubernetes sets for a service called `mcp`. */
const foreign = /^MCP_(TIMEOUT|TOOL_TIMEOUT|SERVICE_(HOST|PORT).*|PORT_\d+_.*)$/

const isIgnored = (name: string, value = ''): boolean =>
  Object.hasOwn(ignoredValues, name) && ignoredValues[name]!.value.test(value)

function namesOf({ variable, aliases = [], secret }: Row['setting']): string[] {
  const names = [variable, ...aliases]
  return secret ? [...names, ...names.map((name) => `${name}_FILE`)] : names
}

/**
 * An empty variable is one that is not set: `NAME=${NAME:-}` is common in compose files.
 * Kubernetes sets REDIS_PORT=tcp://10.0.0.7:6379 for a service called redis; nobody meant that as our port.
 */
function givenIn(values: Layer['values'], name: string): string | undefined {
  const value = values[name]
  return value === '' || (name.endsWith('PORT') && value?.startsWith('tcp://')) ? undefined : value
}

function readEnvFile(cwd: string, name: string, problems: string[]): Source | undefined {
  const path = resolve(cwd, name)
  try {
    return { name: `--env-file ${name}`, path, text: readFileSync(path, 'utf8') }
  } catch (error) {
    problems.push(`--env-file ${name} cannot be read: ${reasonOf(error)}`)
    return undefined
  }
}

function first<From, To>(entries: readonly From[], look: (entry: From) => To | undefined): To | undefined {
  for (const entry of entries) {
    const found = look(entry)
    if (found !== undefined) return found
  }
  return undefined
}
