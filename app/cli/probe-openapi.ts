/** Tries a service behind an OpenAPI document: its document is read, and the service is looked for. No operation is called. */
import type { OpenapiConfig } from '../config/upstream/openapi.ts'
import { silent } from '../log.ts'
import { openSource } from '../upstreams/openapi/source.ts'

/** @returns how many tools it has and what it calls itself, and how many of its operations cannot be used */
export async function tryOpenapi(config: OpenapiConfig, signal: AbortSignal): Promise<string> {
  const source = openSource(config, { log: silent })
  try {
    const { lists, server, about } = await source.read(signal)
    await source.look(signal)
    const { leftOut } = source.commands(lists, about)
    const words = [
      `${lists.tools.length} ${lists.tools.length === 1 ? 'tool' : 'tools'}`,
      `${server?.name} ${server?.version}`.trim(),
      ...(leftOut.length ? [`${leftOut.length} left out: ${leftOut[0]}`] : []),
    ]
    return words.join(', ')
  } finally {
    await source.close()
  }
}
