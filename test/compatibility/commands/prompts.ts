/** A prompt with arguments that are completed; what fits the second depends on the first. */
import type { Definition } from '../../../app/commands/command.ts'

const tools: Record<string, readonly string[]> = { python: ['pytest', 'ruff'], typescript: ['biome', 'vitest'] }

const review: Definition = {
  kind: 'prompt',
  name: 'review',
  title: 'Review',
  description: 'Asks for a review of code.',
  arguments: {
    language: {
      description: 'The language of the code',
      required: true,
      complete: (value) => Object.keys(tools).filter((name) => name.startsWith(value)),
    },
    tool: {
      description: 'The tool that has complained',
      complete: (value, others) => (tools[others.language ?? ''] ?? []).filter((name) => name.startsWith(value)),
    },
  },
  get: ({ language, tool }) => `Please review this ${language} code${tool ? ` with ${tool} in mind` : ''}.`,
}

export default review
