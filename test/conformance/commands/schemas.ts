/** Tools whose input schema must arrive as it was written. */
import type { ToolDefinition } from '../../../app/commands/command.ts'
import address from './_address.json'

const tools: ToolDefinition[] = [
  {
    name: 'json_schema_2020_12_tool',
    returns: 'What its test expects',
    description: 'Takes an address, described in words that only newer JSON Schema has.',
    input: address,
    run: (input) => `Got ${JSON.stringify(input)}`,
  },
  {
    name: 'test_custom_header',
    returns: 'What its test expects',
    description: 'Takes a region, which clients over HTTP also say in a header.',
    input: {
      type: 'object',
      properties: { region: { type: 'string', description: 'Where it runs', 'x-mcp-header': 'Region' } },
      required: ['region'],
    },
    run: ({ region }) => `Runs in ${region}`,
  },
]

export default tools
