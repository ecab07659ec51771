/** The command files as MCP lists them, for servers that stand on the official SDKs instead of Switchyard. */
import type { Json } from '../../app/call.ts'
import type { PromptDefinition, ResourceDefinition, ToolDefinition } from '../../app/commands/command.ts'
import { changedPrompt, changedTool } from './commands/_changed.ts'
import changes from './commands/changes.ts'
import content from './commands/content.ts'
import inputRequired from './commands/input-required.ts'
import prompts from './commands/prompts.ts'
import questions from './commands/questions.ts'
import resources from './commands/resources.ts'
import schemas from './commands/schemas.ts'
import tasks from './commands/tasks.ts'
import telling from './commands/telling.ts'

export const serverInfo = { name: 'conformance-fixture', version: '1.0.0' }

export interface Fixture {
  tools(): readonly ToolDefinition[]
  prompts(): readonly PromptDefinition[]
}

const steady = [...content, ...schemas, ...telling, ...questions, ...inputRequired, ...tasks]
const kindOf: Readonly<Record<string, 'tools' | 'prompts'>> = {
  test_trigger_tool_change: 'tools',
  test_trigger_prompt_change: 'prompts',
}

/** @param changed is told which list has become another one; where a command file writes files, this keeps in mind what is there */
export function createFixture(changed: (kind: 'tools' | 'prompts') => void): Fixture {
  const more = { tools: false, prompts: false }
  const triggers = changes.map((tool): ToolDefinition => {
    const kind = kindOf[tool.name]
    if (!kind) throw new Error(`${tool.name} changes nothing that is known here`)
    function run() {
      more[kind!] = !more[kind!]
      changed(kind!)
      return 'The list is another one now'
    }
    return { ...tool, run }
  })
  return {
    tools: () => [...steady, ...triggers, ...(more.tools ? [changedTool] : [])],
    prompts: () => [...prompts, ...(more.prompts ? [changedPrompt] : [])],
  }
}

export const inputSchemaOf = ({ input }: ToolDefinition): Json => input ?? { type: 'object', properties: {} }

export const listedPrompt = ({ name, description, arguments: named = {} }: PromptDefinition) => ({
  name,
  description,
  arguments: Object.entries(named).map(([argument, { description, required }]) => ({ name: argument, description, required })),
})

const isTemplate = ({ uri }: ResourceDefinition) => uri.includes('{')
const described = ({ name, description, mimeType }: ResourceDefinition) => ({ name, description, mimeType })

export const listedResources = () =>
  resources.filter((resource) => !isTemplate(resource)).map((resource) => ({ uri: resource.uri, ...described(resource) }))
export const listedTemplates = () =>
  resources.filter(isTemplate).map((resource) => ({ uriTemplate: resource.uri, ...described(resource) }))

/** The resource with this URI and what the URI says of its variables. */
export function findResource(uri: string): { resource: ResourceDefinition; variables: Record<string, string> } | undefined {
  for (const resource of resources) {
    const pattern = resource.uri.replaceAll(/[.?*+^$[\]()|\\]/g, '\\$&').replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')
    const found = new RegExp(`^${pattern}$`).exec(uri)
    if (found) return { resource, variables: { ...found.groups } }
  }
  return undefined
}

/** Watches everything that can be watched. @returns how to stop */
export function watchAll(changed: (uri: string) => void): () => void {
  const stops = resources.map(({ uri, watch }) => watch?.(uri, () => changed(uri)))
  return () => {
    for (const stop of stops) stop?.()
  }
}

/** What may stand for an argument of a prompt or a variable of a template. */
export async function completionsOf(
  ref: { type: string; name?: string; uri?: string },
  argument: { name: string; value: string },
) {
  const complete =
    ref.type === 'ref/prompt'
      ? prompts.find(({ name }) => name === ref.name)?.arguments?.[argument.name]?.complete
      : resources.find(({ uri }) => uri === ref.uri)?.complete?.[argument.name]
  const values = (await complete?.(argument.value, {})) ?? []
  return { completion: { values: [...values], total: values.length, hasMore: false } }
}
