/** A client that does nothing wrong: whatever others send, its calls are answered, and it hears nothing that is not for it. */
import type { Server } from './server.ts'

export interface Bystander {
  /** Makes a call. @returns what was wrong with what came back */
  check(): Promise<string | undefined>
  close(): Promise<void>
}

export async function bystander(server: Server): Promise<Bystander> {
  const talk = await server.open('ws', {})
  let calls = 0
  return {
    async check() {
      const message = `call ${++calls}`
      // The same id every time, which is also the one that the hostile like best.
      const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'echo', arguments: { message } } }
      talk.seen.messages.length = 0
      await talk.say(Buffer.from(JSON.stringify(call)))
      await talk.settle(1)
      const [answer, ...more] = talk.seen.messages
      if (talk.seen.closed !== undefined) return 'its connection has ended'
      if (more.length > 0) return `it got ${more.length + 1} messages for one call: ${JSON.stringify(more).slice(0, 300)}`
      const { structuredContent } = answer?.result ?? {}
      return JSON.stringify(structuredContent) === JSON.stringify({ message })
        ? undefined
        : `it was answered ${JSON.stringify(answer).slice(0, 300)}`
    },
    close: () => talk.close(),
  }
}
