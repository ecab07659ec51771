/** A text, some bytes, and notes that change while somebody watches. */
import { watch } from 'node:fs'
import { basename, dirname } from 'node:path'
import type { Definition } from '../../../app/commands/command.ts'
import { fileOf, recall } from './_kept.ts'

const names = ['groceries', 'guests', 'letters']

const resources: Definition[] = [
  {
    kind: 'resource',
    uri: 'compatibility://greeting',
    name: 'greeting',
    description: 'A text that never changes.',
    mimeType: 'text/plain',
    read: () => 'grüß dich, 世界',
  },
  {
    kind: 'resource',
    uri: 'compatibility://bytes',
    name: 'bytes',
    description: 'Every byte once.',
    mimeType: 'application/octet-stream',
    read: () => Uint8Array.from({ length: 256 }, (_, byte) => byte),
  },
  {
    kind: 'resource',
    uri: 'compatibility://notes/{name}',
    name: 'note',
    description: 'A note, by its name. write_note changes it.',
    mimeType: 'text/plain',
    read: ({ name = '' }) => recall(name) ?? `nothing was written to ${name} yet`,
    complete: { name: (value) => names.filter((name) => name.startsWith(value)) },
    watch(uri, changed) {
      const file = fileOf(uri.split('/').at(-1) ?? '')
      // The folder, because the note may not be there yet.
      const watcher = watch(dirname(file), (_, name) => {
        if (name === basename(file)) changed()
      })
      return () => watcher.close()
    },
  },
]

export default resources
