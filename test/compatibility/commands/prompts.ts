/** A prompt with arguments that are completed; what fits the second depends on the first. */
const tools: Record<string, readonly string[]> = { python: ['pytest', 'ruff'], typescript: ['biome', 'vitest'] }

export default {
  kind: 'prompt',
  name: 'review',
  title: 'Review',
  description: 'Asks for a review of code.',
  arguments: {
    language: {
      description: 'The language of the code',
      required: true,
      complete: (value: string) => Object.keys(tools).filter((name) => name.startsWith(value)),
    },
    tool: {
      description: 'The tool that has complained',
      complete: (value: string, others: Record<string, string>) =>
        (tools[others.language ?? ''] ?? []).filter((name) => name.startsWith(value)),
    },
  },
  get: ({ language, tool }: { language: string; tool?: string }) =>
    `Please review this ${language} code${tool ? ` with ${tool} in mind` : ''}.`,
}
