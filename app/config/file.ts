/** The configuration file: found, parsed, its variables filled in, and every key in it known. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parseDocument } from 'yaml'
import { nearest } from '../nearest.ts'
import type { Environment } from './environment.ts'
import { interpolate } from './interpolate.ts'
import type { Source } from './open-files.ts'
import { kindOf, reasonOf } from './problems.ts'
import type { Row, Sources } from './setting.ts'
import type { Found } from './shapes.ts'

export interface ConfigFile {
  /** `file switchyard.yaml` */
  readonly origin: string
  readonly source: Source
  /** Where relative paths start. */
  readonly directory: string
  /** What it says about settings, by path. */
  readonly settings: Map<string, Found>
  /** As parsed; `upstreams.ts` makes sense of them. */
  readonly upstreams: unknown
  readonly mcpServers: unknown
}

const usualNames = ['switchyard.yaml', 'switchyard.yml', 'switchyard.json']

/** @returns undefined where there is no file, or none that can be read */
export function readConfigFile(
  { flags, cwd, home }: Sources,
  environment: Environment,
  rows: readonly Row[],
  problems: string[],
): ConfigFile | undefined {
  const asked = flags.config ?? (environment.get('MCP_CONFIG') || undefined)
  const name = asked === undefined ? usualNames.find((each) => existsSync(resolve(cwd, each))) : String(asked)
  if (name === undefined) return undefined
  const origin = `file ${name}`
  const report = (problem: string) => problems.push(`${problem} (${origin})`)
  const path = resolve(cwd, name)
  const text = textOf(path, name, problems)
  const tree = text === undefined ? undefined : parsed(text, name, problems)
  if (text === undefined || tree === undefined) return undefined
  if (!isMapping(tree)) {
    report(`the configuration must be a mapping of settings, got ${kindOf(tree)}`)
    return undefined
  }
  const directory = dirname(path)
  // Cursor's own two placeholders; a pasted configuration may have them.
  const ofCursor: Record<string, string | undefined> = { userHome: home, workspaceFolder: directory }
  const lookUp = (variable: string) => environment.get(variable) ?? ofCursor[variable]
  const filled = interpolate(tree, lookUp, report) as typeof tree
  const values = collect(filled, rows, report)
  const settings = new Map([...values].map(([path, raw]) => [path, { raw, origin, directory }]))
  const source = { name, path, text }
  return { origin, source, directory, settings, upstreams: filled.upstreams, mcpServers: filled.mcpServers }
}

function textOf(path: string, name: string, problems: string[]): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    problems.push(`file ${name} cannot be read: ${reasonOf(error)}`)
    return undefined
  }
}

function parsed(text: string, name: string, problems: string[]): unknown {
  try {
    const document = parseDocument(text)
    const [error] = document.errors
    if (!error) return document.toJS() ?? {}
    // Only the first line: those below it quote the file, and there may be a secret in it.
    problems.push(`file ${name} is neither YAML nor JSON: ${error.message.split('\n')[0]?.replace(/:$/, '')}`)
  } catch (error) {
    problems.push(`file ${name} cannot be read: ${reasonOf(error)}`)
  }
  return undefined
}

/** Walks through the sections and takes the values of all settings; reports whatever is not known. */
function collect(tree: Record<string, unknown>, rows: readonly Row[], report: (problem: string) => void): Map<string, unknown> {
  const settings = new Set(rows.map(({ path }) => path))
  const sections = new Set([...settings].filter((path) => path.includes('.')).map((path) => path.slice(0, path.lastIndexOf('.'))))
  const values = new Map<string, unknown>()
  walk(tree, '')
  return values

  function walk(mapping: Record<string, unknown>, prefix: string): void {
    for (const [key, value] of Object.entries(mapping)) {
      const path = prefix + key
      if (settings.has(path)) {
        // `file:` and `file: null` leave the default.
        if (value !== null) values.set(path, value)
      } else if (sections.has(path)) {
        if (isMapping(value)) walk(value, `${path}.`)
        else if (value !== null) report(`${path} must be a section with ${wordsOf(path)}, got ${kindOf(value)}`)
      } else if (path !== 'upstreams' && path !== 'mcpServers') {
        // A part of a longer word of the same section is nearer than any other word: `directory` for `commands_directory`.
        const longer = [...settings].find((one) => one.startsWith(prefix) && one.endsWith(`_${key}`))
        const meant = longer ?? nearest(path, [...settings, ...sections, 'upstreams', 'mcpServers'])
        report(`unknown key ${path}: ${meant ? `did you mean ${meant}?` : `known here are ${wordsOf(prefix.slice(0, -1))}`}`)
      }
    }
  }

  /** The keys that may stand in a section, or at the top. */
  function wordsOf(section: string): string {
    const prefix = section && `${section}.`
    const inside = [...settings, 'upstreams', 'mcpServers'].filter((path) => path.startsWith(prefix))
    return [...new Set(inside.map((path) => path.slice(prefix.length).split('.')[0]))].join(', ')
  }
}

export const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
