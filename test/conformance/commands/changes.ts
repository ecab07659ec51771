/** Tools that change what is listed, really: they write a command file into this folder, and delete it the next time. */

import { existsSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { ToolDefinition } from '../../../app/commands/command.ts'

/** @param exported of _changed.ts */
async function toggle(file: string, exported: string): Promise<string> {
  const path = fileURLToPath(new URL(file, import.meta.url))
  if (existsSync(path)) await rm(path)
  else await writeFile(path, `export { ${exported} as default } from './_changed.ts'\n`)
  return 'The list is another one now'
}

const tools: ToolDefinition[] = [
  {
    name: 'test_trigger_tool_change',
    returns: 'What its test expects',
    description: 'Adds a tool, or takes it away again.',
    run: () => toggle('changed-tool.ts', 'changedTool'),
  },
  {
    name: 'test_trigger_prompt_change',
    returns: 'What its test expects',
    description: 'Adds a prompt, or takes it away again.',
    run: () => toggle('changed-prompt.ts', 'changedPrompt'),
  },
]

export default tools
