/** The parts of the OpenAPI document that are the same whatever tools there are: what stands around parameters and results. */
import type { Json } from '../call.ts'
import { referTo } from './parts.ts'

export const commandRequestName = (tool: string) => `CommandRequest_${tool.replaceAll(/[^A-Za-z0-9_-]/g, '_')}`

const object = (required: readonly string[], properties: Json): Json => ({ type: 'object', required, properties })
const id = {
  description: 'A text, a number or null; 1 where it is left out',
  nullable: true,
  anyOf: [{ type: 'string' }, { type: 'number' }],
}

export const fixedComponents: Json = {
  Error: object(['code', 'message'], {
    code: {
      type: 'integer',
      description: 'A JSON-RPC code: -32602 wrong parameters, -32601 unknown command, -32000 the command failed',
    },
    message: { type: 'string', description: 'What was wrong and what would be right' },
    data: { type: 'object', description: '`code` is the stable name of the error' },
  }),
  CommandSuccess: object(['success', 'data'], { success: { type: 'boolean', enum: [true] }, data: {} }),
  CommandFailure: object(['success', 'error'], { success: { type: 'boolean', enum: [false] }, error: referTo('Error') }),
  CommandJob: object(['success', 'job_id', 'status'], {
    success: { type: 'boolean' },
    job_id: { type: 'string', description: 'For job_status' },
    status: { type: 'string', enum: ['pending', 'running', 'completed', 'failed', 'stopped'] },
    message: { type: 'string' },
    progress: { type: 'number', description: 'Percent', nullable: true },
    description: { type: 'string', nullable: true },
    result: { description: 'What the command answered, where max_wait_time was long enough' },
    error: referTo('Error'),
  }),
  CommandResult: { anyOf: [referTo('CommandSuccess'), referTo('CommandFailure'), referTo('CommandJob')] },
  CommandSuccessResponse: object(['result'], { result: referTo('CommandResult') }),
  CommandErrorResponse: object(['error'], { error: referTo('Error') }),
  CommandList: object(['commands'], {
    commands: {
      type: 'object',
      additionalProperties: object(['name', 'description', 'schema'], {
        name: { type: 'string' },
        description: { type: 'string' },
        schema: { type: 'object', description: 'JSON Schema of the parameters' },
      }),
    },
  }),
  JsonRpcRequest: object(['jsonrpc', 'method'], {
    jsonrpc: { type: 'string', enum: ['2.0'] },
    method: { type: 'string', description: 'Name of the command' },
    params: { type: 'object', description: 'Its parameters, by name' },
    id,
  }),
  JsonRpcResponse: object(['jsonrpc', 'id'], {
    jsonrpc: { type: 'string', enum: ['2.0'] },
    id,
    result: referTo('CommandResult'),
    error: referTo('Error'),
  }),
}

export const jsonResponse = (description: string, schema: Json): Json => ({
  description,
  content: { 'application/json': { schema } },
})

/** Everything but success, in one: ten statuses for each of many tools would drown what differs between them. */
export const otherwise = (component: string): Json => ({
  default: jsonResponse('It did not work: the HTTP status says in which way', referTo(component)),
})
