/** What is there only half of the time: see changes.ts. */
import type { PromptDefinition, ToolDefinition } from '../../../app/commands/command.ts'

export const changedTool: ToolDefinition = {
  name: 'test_changed_tool',
  returns: 'What its test expects',
  description: 'Comes and goes whenever test_trigger_tool_change is called.',
  run: () => 'I am here',
}

export const changedPrompt: PromptDefinition = {
  kind: 'prompt',
  name: 'test_changed_prompt',
  description: 'Comes and goes whenever test_trigger_prompt_change is called.',
  get: () => 'I am here',
}
