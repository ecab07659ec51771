/** Messages over the standard streams of the server: a line each. The process has one conversation, which all entries share. */
import type { TestProcess } from '../../start.ts'
import { type Opening, shakeHands, streamTalk, type Talk } from './talk.ts'

export interface Stdio {
  open(opening: Opening): Promise<Talk>
}

export function createStdio({ child }: TestProcess): Stdio {
  let current: ReturnType<typeof streamTalk> | undefined
  let rest = ''
  let greeted = false
  child.stdout.on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) current?.take(line)
  })
  child.once('close', () => current?.end(0))

  const send = (bytes: Buffer) =>
    new Promise<void>((resolve) => {
      child.stdin.write(Buffer.concat([bytes, Buffer.from('\n')]), () => resolve())
    })

  return {
    async open({ fresh = false }) {
      current = streamTalk(send, () => Promise.resolve())
      if (!fresh && !greeted) {
        await shakeHands(current.talk)
        greeted = true
      }
      return current.talk
    },
  }
}
