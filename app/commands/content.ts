/** Content that a command made itself: told apart from an ordinary object that it returns as its value. */

import { isBase64 } from '../base64.ts'
import type { Json, Result } from '../call.ts'
import { Failure } from '../errors.ts'
import { isObject } from '../is-object.ts'

export interface ContentOptions {
  /** Beside the blocks, for programs: an object, or, for clients of 2026-07-28 alone, any JSON. */
  readonly structured?: unknown
  /** The tool says no: the blocks tell why. */
  readonly isError?: boolean
  readonly _meta?: Json
}

/** What `context.content` gives; only the switch looks into it. */
export class Content {
  readonly result: Result

  /** Throws Failure `failed` where a block is not of the shape that MCP has, or its base64 is none: better here than in every client. */
  constructor(blocks: readonly Json[], { structured, isError, _meta }: ContentOptions = {}) {
    for (const [index, block] of blocks.entries()) check(block, `block ${index + 1}`)
    this.result = { content: blocks }
    if (structured !== undefined) this.result.structuredContent = structured
    if (isError) this.result.isError = true
    if (_meta) this.result._meta = _meta
  }
}

/** Throws Failure `failed` where a block is not of the shape that MCP has. @param where it stands, for the message */
export function check(block: unknown, where: string): void {
  if (!isObject(block)) throw wrong(`${where} must be an object`)
  switch (block.type) {
    case 'text':
      if (typeof block.text !== 'string') throw wrong(`${where}: text must be a text`)
      break
    case 'image':
    case 'audio':
      if (typeof block.mimeType !== 'string') throw wrong(`${where}: mimeType must say what it is`)
      if (!isBase64(block.data)) throw wrong(`${where}: data must be base64`)
      break
    case 'resource':
      checkResource(block.resource, where)
      break
    case 'resource_link':
      if (typeof block.uri !== 'string' || typeof block.name !== 'string') throw wrong(`${where}: a link has uri and name`)
      break
    default:
      throw wrong(`${where}: type must be text, image, audio, resource or resource_link`)
  }
}

function checkResource(resource: unknown, where: string): void {
  if (!isObject(resource) || typeof resource.uri !== 'string') throw wrong(`${where}: resource must have a uri`)
  if (typeof resource.text !== 'string' && !isBase64(resource.blob))
    throw wrong(`${where}: resource must have a text or a base64 blob`)
}

const wrong = (what: string) => new Failure('failed', `the command made content that MCP does not have: ${what}`)
