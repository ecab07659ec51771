/** The kept tools and resources of a service as commands of ours: named as clients take it, each with the request that it makes. */
import { UriTemplate } from '@modelcontextprotocol/sdk/shared/uriTemplate.js'
import type { Call, Command, Json, Result } from '../../call.ts'
import { Failure } from '../../errors.ts'
import type { Schemas } from '../../schemas.ts'
import { withinTime } from '../../time-limit.ts'
import { clientName, type Lists, originalName } from '../offer.ts'
import { type Fitting, resultOf } from './answer.ts'
import type { Caller } from './caller.ts'
import type { OperationPlan, ResourceEntry, ToolEntry } from './plan.ts'

/** Milliseconds to find the members of an answer that fit. */
const longestSearch = 100

export interface CommandsOptions {
  readonly owner: string
  readonly prefix: string
  /** Milliseconds that one call may take. */
  readonly timeout: number
  readonly caller: Caller
  readonly schemas: Schemas
}

export function commandsOf(lists: Lists, options: CommandsOptions): Command[] {
  const taken = new Set<string>()
  return [
    ...lists.tools.map((tool) => toolCommand(tool as ToolEntry, nameFor((tool as ToolEntry).id, options.prefix, taken), options)),
    ...[...lists.resources, ...lists.templates].map((entry) => resourceCommand(entry as ResourceEntry, options)),
  ]
}

/** Two operations may have one name in a document, or become one here. */
function nameFor(id: string, prefix: string, taken: Set<string>): string {
  let name = clientName(prefix + id)
  for (let count = 2; taken.has(name); count++) name = clientName(`${prefix}${id}_${count}`)
  taken.add(name)
  return name
}

function toolCommand({ id, definition, plan }: ToolEntry, name: string, options: CommandsOptions): Command {
  const { owner, timeout, caller, schemas } = options
  const outputSchema = definition.outputSchema as Json | undefined
  const fitting = outputSchema && fittingTo(outputSchema, schemas)
  const shown = { name, ...definition, ...(name === id ? {} : { _meta: { [originalName]: id } }) }
  return {
    kind: 'tool',
    name,
    owner,
    scope: 'call',
    definition: shown,
    timeout,
    async run(call) {
      const { answer, refusal } = await caller.send(plan, call.arguments, call)
      return refusal ?? resultOf(answer, uriOf(owner, plan), fitting)
    },
  }
}

/**
 * Clients throw an answer away whose structured content is not as its schema says, and services answer what they like: a member that does
 * not fit is left to the text, and so is all of it where it takes too long to find out.
 */
const fittingTo =
  (schema: Json, schemas: Schemas): Fitting =>
  (value) => {
    try {
      if (schemas.problem(schema, value) === undefined) return value
      return withinTime(longestSearch, 'too much of it does not fit', () => membersThatFit(schema, schemas, value))
    } catch (error) {
      if (error instanceof Failure && error.code === 'too_large') return {}
      throw error
    }
  }

const membersThatFit = (schema: Json, schemas: Schemas, value: Json): Json =>
  Object.fromEntries(Object.entries(value).filter(([name, each]) => schemas.problem(schema, { [name]: each }) === undefined))

/** Under which an answer's bytes are shown: without its arguments, because there may be secrets among them. */
const uriOf = (owner: string, { path }: OperationPlan): string => `openapi://${owner}${path.split('?', 1)[0]}`

function resourceCommand({ uri, definition, plan }: ResourceEntry, { owner, timeout, caller }: CommandsOptions): Command {
  const isTemplate = uri.includes('{')
  return {
    kind: 'resource',
    name: uri,
    owner,
    scope: 'read',
    definition: { ...definition, [isTemplate ? 'uriTemplate' : 'uri']: uri },
    timeout,
    run: (call) => read(call, isTemplate ? valuesIn(uri, String(call.arguments.uri), plan) : {}, plan, caller),
  }
}

/** What stands in a URI for the parameters of its template. */
function valuesIn(template: string, uri: string, { parameters }: OperationPlan): Json {
  const found = new UriTemplate(template).match(uri) ?? {}
  const values = Object.values(found).map((value) => decoded(String(value)))
  const names = [...template.matchAll(/{([^{}]+)}/g)].map(([, name]) => name)
  return Object.fromEntries(parameters.map(({ argument }) => [argument, values[names.indexOf(argument.replace(/[.-]/g, '_'))]]))
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

async function read(call: Call, values: Json, plan: OperationPlan, caller: Caller): Promise<Result> {
  const uri = String(call.arguments.uri)
  const { answer, refusal } = await caller.send(plan, values, call)
  if (refusal) {
    const [said] = refusal.content as { text: string }[]
    throw new Failure(answer.status === 404 ? 'unknown_resource' : 'upstream_failed', `${uri}: ${said?.text}`)
  }
  const [block] = resultOf(answer, uri, undefined).content as Json[]
  const mimeType = [answer.headers['content-type']].flat()[0]
  const said = mimeType === undefined ? {} : { mimeType }
  if (block?.type === 'text') return { contents: [{ uri, ...said, text: block.text }] }
  return { contents: [{ uri, ...said, blob: answer.body.toString('base64') }] }
}
