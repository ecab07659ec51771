/** Makes what an author wrote into what the switch runs. */
import type { Command } from '../call.ts'
import { buildPrompt } from './build-prompt.ts'
import { buildResource } from './build-resource.ts'
import { buildTool } from './build-tool.ts'
import type { Definition } from './command.ts'

/** @param owner `switchyard` for our own, `commands` for those of the user's folder */
export function buildCommand(definition: Definition, owner: string): Command {
  if (definition.kind === 'resource') return buildResource(definition, owner)
  if (definition.kind === 'prompt') return buildPrompt(definition, owner)
  return buildTool(definition, owner)
}

export const buildCommands = (definitions: readonly Definition[], owner: string): Command[] =>
  definitions.map((definition) => buildCommand(definition, owner))
