/** The OpenAPI document: one universal path for programs and models that want little to read, and one path for each tool. */
import type { Command, Json } from '../call.ts'
import { commandRequestName, fixedComponents, jsonResponse, otherwise } from './envelopes.ts'
import { type Parts, parametersName, partsOf, referTo, resultName } from './parts.ts'

/**
 * OpenAPI 3.0.3. Every `type` in it is one text: proxies that register us cannot read type lists.
 * @param url where we are reached; `.` is "where this document came from"
 */
export function makeDocument(tools: readonly Command[], { version, url = '.' }: { version: string; url?: string }): Json {
  const parts = tools.map(partsOf)
  return {
    openapi: '3.0.3',
    info: { title: 'Switchyard', version, description: 'Tools of several systems, over JSON-RPC and REST.' },
    servers: [{ url }],
    security: [{ bearer: [] }, { apiKey: [] }, {}],
    tags: [...new Set(['commands', ...tools.map(({ owner }) => owner)])].map((name) => ({ name })),
    paths: {
      '/cmd': cmdPath(tools),
      '/api/jsonrpc': jsonrpcPath(),
      '/api/commands': listPath(),
      ...Object.fromEntries(
        tools.map((tool, index) => [`/api/commands/${encodeURIComponent(tool.name)}`, toolPath(tool, parts[index]!)]),
      ),
    },
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
      },
      schemas: Object.assign(
        { CommandRequest: commandRequest(tools) },
        fixedComponents,
        ...tools.map(requestComponent),
        ...parts,
      ) as Json,
    },
  }
}

/** Which command is meant decides what its parameters are. */
function commandRequest(tools: readonly Command[]): Json {
  if (tools.length === 0) return { type: 'object', description: 'There is no command that you may call.' }
  const references = tools.map(({ name }) => referTo(commandRequestName(name)))
  const mapping = Object.fromEntries(tools.map(({ name }, index) => [name, references[index]!.$ref]))
  return { oneOf: references, discriminator: { propertyName: 'command', mapping } }
}

function requestComponent({ name, definition }: Command): Parts {
  const needsParams = Array.isArray((definition.inputSchema as Json | undefined)?.required)
  return {
    [commandRequestName(name)]: {
      type: 'object',
      ...describe(definition),
      required: needsParams ? ['command', 'params'] : ['command'],
      properties: { command: { type: 'string', enum: [name] }, params: referTo(parametersName(name)) },
    },
  }
}

function cmdPath(tools: readonly Command[]): Json {
  const [first] = tools
  const examples = examplesOf(tools, (name, params) => ({ command: name, params }))
  const example = examples.examples ? examples : first && { example: { command: first.name, params: {} } }
  return {
    post: {
      operationId: 'cmd',
      tags: ['commands'],
      summary: 'Runs a command',
      description:
        'Errors come with HTTP 200 too: what the command said in `result`, what was wrong with the request in `error`.',
      requestBody: { required: true, content: { 'application/json': { schema: referTo('CommandRequest'), ...example } } },
      responses: {
        200: jsonResponse('The answer', { oneOf: [referTo('CommandSuccessResponse'), referTo('CommandErrorResponse')] }),
        ...otherwise('CommandErrorResponse'),
      },
    },
  }
}

function jsonrpcPath(): Json {
  const [request, response] = ['JsonRpcRequest', 'JsonRpcResponse'].map((name) => ({
    oneOf: [referTo(name), { type: 'array', items: referTo(name), minItems: 1, maxItems: 100 }],
  }))
  return {
    post: {
      operationId: 'jsonrpc',
      tags: ['commands'],
      summary: 'Runs commands over JSON-RPC 2.0, one or a batch',
      requestBody: { required: true, content: { 'application/json': { schema: request } } },
      responses: {
        200: jsonResponse('The answer, or one for each request in their order', response!),
        ...otherwise('JsonRpcResponse'),
      },
    },
  }
}

function listPath(): Json {
  const responses = {
    200: jsonResponse('Name, description and schema of each', referTo('CommandList')),
    ...otherwise('CommandFailure'),
  }
  return { get: { operationId: 'commands', tags: ['commands'], summary: 'Lists the commands', responses } }
}

function toolPath(tool: Command, parts: Parts): Json {
  const { name, owner, definition, notes, queued } = tool
  const data = parts[resultName(name)] ? referTo(resultName(name)) : {}
  const answer = {
    type: 'object',
    required: ['success', 'data'],
    properties: { success: { type: 'boolean', enum: [true] }, data },
  }
  return {
    post: {
      operationId: `call_${name}`,
      tags: [owner],
      ...summarize(definition, name),
      requestBody: {
        content: {
          'application/json': { schema: referTo(parametersName(name)), ...examplesOf([tool], (_, params) => params) },
        },
      },
      responses: {
        200: jsonResponse(notes?.returns ?? 'What the tool answered', queued ? referTo('CommandJob') : answer),
        ...(queued ? { 202: jsonResponse('It runs as a job', referTo('CommandJob')) } : {}),
        ...otherwise('CommandFailure'),
      },
    },
  }
}

/** Calls as they could be made, as the authors of the tools wrote them. */
function examplesOf(tools: readonly Command[], bodyOf: (name: string, params: Json) => Json): { examples?: Json } {
  const examples = tools.flatMap(({ name, notes }) =>
    (notes?.examples ?? []).map(({ description, params }, index) => [
      index ? `${name}_${index + 1}` : name,
      { ...(description === undefined ? {} : { summary: description }), value: bodyOf(name, params) },
    ]),
  )
  return examples.length ? { examples: Object.fromEntries(examples) } : {}
}

const describe = ({ description }: Json): Json => (typeof description === 'string' ? { description } : {})

function summarize(definition: Json, name: string): Json {
  return { summary: typeof definition.title === 'string' ? definition.title : name, ...describe(definition) }
}
