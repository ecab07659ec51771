/** What can be read without more than its path, as a resource: `openapi://shop/orders/{id}`. */
import type { ResourceEntry, ToolEntry } from './plan.ts'
import { bounded } from './schema-words.ts'

/** @returns undefined where it is no reading, or wants more than what its path says */
export function resourceOf({ id, definition, plan }: ToolEntry, upstream: string): ResourceEntry | undefined {
  if (plan.method !== 'GET') return undefined
  const inPath = plan.parameters.filter((each) => each.in === 'path')
  const { required = [] } = definition.inputSchema as { required?: string[] }
  const plain = inPath.every(({ style, json }) => style === 'simple' && !json)
  if (!plain || required.some((argument) => !inPath.some((each) => each.argument === argument))) return undefined
  const names = new Map(inPath.map(({ name, argument }) => [name, argument.replace(/[.-]/g, '_')]))
  const path = plan.path.replace(/{([^{}]+)}/g, (_, name: string) => `{${names.get(name) ?? name}}`)
  const uri = `openapi://${upstream}${path}`
  return {
    uri,
    definition: {
      name: id,
      ...(definition.title === undefined ? {} : { title: definition.title }),
      description: bounded(String(definition.description), 500),
    },
    plan: { ...plan, parameters: inPath },
  }
}
