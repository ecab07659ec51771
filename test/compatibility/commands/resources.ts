/** A text, some bytes, and notes that change while somebody watches. */
import { unwatchFile, watchFile } from 'node:fs'
import { fileOf, recall } from './_kept.ts'

const names = ['groceries', 'guests', 'letters']

export default [
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
    read: ({ name }: { name: string }) => recall(name) ?? `nothing was written to ${name} yet`,
    complete: { name: (value: string) => names.filter((name) => name.startsWith(value)) },
    watch(uri: string, changed: () => void) {
      const file = fileOf(uri.split('/').at(-1) ?? '')
      watchFile(file, { interval: 50 }, changed)
      return () => unwatchFile(file, changed)
    },
  },
]
