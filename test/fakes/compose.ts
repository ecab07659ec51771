/** deploy/docker-compose.yml as Docker Compose would read it, for tests on machines without a container engine. */
import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { parse } from 'yaml'

export interface Service {
  image: string
  build?: { context: string; dockerfile: string }
  command?: string[]
  environment?: Record<string, string>
  ports?: string[]
  volumes?: string[]
  depends_on?: Record<string, { condition: string }>
  healthcheck?: { test: string[] }
  container_name?: string
  stop_grace_period?: string
  init?: boolean
  deploy?: { resources: { limits: Record<string, string> } }
}

export interface Compose {
  services: Record<string, Service>
  volumes: Record<string, unknown>
}

const deploy = new URL('../../deploy/', import.meta.url)
const text = readFileSync(new URL('docker-compose.yml', deploy), 'utf8')

/** The variables of .env.example, as an operator finds them. */
export const example = parseEnv(readFileSync(new URL('.env.example', deploy), 'utf8')) as Record<string, string>

/** `${NAME}`, `${NAME:-default}` and `${NAME:?why}`; `$$` is a dollar sign. */
const reference = /\$\$|\$\{(\w+)(?::([-?])([^}]*))?\}/g

/** Every variable that the file asks for. */
export const asked = new Set([...text.matchAll(reference)].flatMap(([, name]) => name ?? []))

/** The file with its variables filled in. Throws where one is required and empty, as Compose does. */
export function readCompose(variables: Record<string, string>): Compose {
  const filled = (value: string) =>
    value.replace(reference, (whole, name?: string, kind?: string, rest = '') => {
      if (whole === '$$') return '$'
      const found = variables[name!]
      if (!found && kind === '?') throw new Error(`required variable ${name} is missing a value: ${rest}`)
      return found || (kind === '-' ? rest : '')
    })
  return parse(text, (_, value: unknown) => (typeof value === 'string' ? filled(value) : value)) as Compose
}
