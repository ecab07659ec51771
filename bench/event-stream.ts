/** Reads an event stream, cheaply: events with one line of data each, comments passed over. */
import { openSocket } from './connection.ts'

export interface EventStream {
  /** The data of the next event. */
  next(): Promise<string>
  close(): void
}

/** Opens the stream with a GET. A server writes an event as one chunk, so that no line is torn by the marks between chunks. */
export async function openEventStream(url: string, path: string): Promise<EventStream> {
  const socket = await openSocket(url)
  const here: string[] = []
  const waiting: ((data: string) => void)[] = []
  let rest = ''
  socket.on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      if (!line.startsWith('data: ')) continue
      const take = waiting.shift()
      if (take) take(line.slice(6))
      else here.push(line.slice(6))
    }
  })
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${new URL(url).host}\r\nAccept: text/event-stream\r\n\r\n`)
  return {
    next: () => {
      const data = here.shift()
      return data === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(data)
    },
    close: () => socket.destroy(),
  }
}
