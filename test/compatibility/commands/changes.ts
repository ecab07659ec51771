/** Tools that change what the server offers, while clients are connected. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Definition } from '../../../app/commands/command.ts'
import { fileOf, folder, keep } from './_kept.ts'

const name = { type: 'string', description: 'Letters, digits, - and _', required: true } as const

const commands: Definition[] = [
  {
    name: 'make_tool',
    returns: 'What its test expects',
    description: 'Writes a command file, so that the server has one tool more.',
    params: { name },
    run(input) {
      const made = String(input.name)
      fileOf(made)
      const definition = `{ name: ${JSON.stringify(made)}, description: 'Made while clients were connected.', returns: 'A word', run: () => 'made' }`
      writeFileSync(join(folder, `made-${made}.mjs`), `export default ${definition}\n`)
      return 'written'
    },
  },
  {
    name: 'write_note',
    returns: 'What its test expects',
    description: 'Writes the text of a note, which is the resource compatibility://notes/NAME.',
    params: { name, text: { type: 'string', description: 'The new text', required: true } },
    run(input) {
      keep(String(input.name), String(input.text))
      return 'written'
    },
  },
]

export default commands
