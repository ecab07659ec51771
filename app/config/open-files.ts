/** A configuration with secrets in it is a secret itself. One that takes them all from variables or from files may be read by anybody. */
import { statSync } from 'node:fs'
import { opennessOf } from './secret-file.ts'

/** A file that settings were read from. */
export interface Source {
  /** As it was asked for: `switchyard.yaml`, `--env-file prod.env`. */
  readonly name: string
  readonly path: string
  readonly text: string
}

/** Shorter ones may stand in a file by chance. */
const shortest = 8

/** One sentence for every file that holds a secret and that every user of this machine can read. */
export function openFiles(sources: readonly (Source | undefined)[], secrets: readonly string[]): string[] {
  const telling = secrets.filter(({ length }) => length >= shortest).flatMap((one) => [one, JSON.stringify(one).slice(1, -1)])
  return sources.flatMap((source) => {
    if (!source || !telling.some((secret) => source.text.includes(secret))) return []
    const { name, path } = source
    const mode = statSync(path, { throwIfNoEntry: false })?.mode
    const fault = mode === undefined ? undefined : opennessOf(path, mode)
    return fault ? [`${name} holds a secret and ${fault}, or take the secret from a variable (\${NAME}) or a file`] : []
  })
}
