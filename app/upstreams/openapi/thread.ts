/**
 * The thread in which a document is read: a large one takes seconds, and one that was written to harm takes what it gets. Nobody else
 * waits for it. Started by reading.ts.
 */
import { once } from 'node:events'
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { build } from './build.ts'
import { Broken, Documents, otherFiles, parseText } from './documents.ts'
import type { File, Order, Word } from './thread-orders.ts'

/** Files that one document may consist of. */
const mostFiles = 100

async function run(port: MessagePort, { at, text, options }: Order): Promise<void> {
  const say = (word: Word) => port.postMessage(word)
  try {
    const documents = new Documents()
    documents.add(at, parseText(text))
    await addOthers(documents, at, say, port)
    const about = build(documents, at, options, (piece) => say({ piece }))
    say({ about })
  } catch (problem) {
    if (problem instanceof Broken) say({ broken: problem.message })
    else if (problem instanceof RangeError) say({ broken: 'it is nested too deep' })
    else throw problem
  }
  port.close()
}

/** Gets what the document refers to, and what that refers to. */
async function addOthers(documents: Documents, at: string, say: (word: Word) => void, port: MessagePort): Promise<void> {
  let wanted = otherFiles(documents.find('#', at).value, at)
  let count = 1
  while (wanted.length) {
    const near = wanted.filter((file) => isNear(file, at))
    for (const file of wanted) {
      if (!near.includes(file)) documents.miss(file, 'is at another place than the document, where it is not fetched')
      else if (count++ > mostFiles) documents.miss(file, `is not fetched: the document has more than ${mostFiles} files`)
    }
    const asked = near.filter((file) => !documents.knows(file))
    const files = asked.length ? await ask(asked, say, port) : []
    wanted = files.flatMap((file) => take(file, documents)).filter((file) => !documents.knows(file))
    wanted = [...new Set(wanted)]
  }
}

async function ask(need: readonly string[], say: (word: Word) => void, port: MessagePort): Promise<File[]> {
  const answered = once(port, 'message')
  say({ need })
  const [files] = (await answered) as [File[]]
  return files
}

/** @returns what the file refers to */
function take(file: File, documents: Documents): string[] {
  if ('reason' in file) {
    documents.miss(file.at, file.reason)
    return []
  }
  try {
    const value = parseText(file.text)
    documents.add(file.at, value)
    return otherFiles(value, file.at)
  } catch (problem) {
    if (!(problem instanceof Broken)) throw problem
    documents.miss(file.at, `cannot be used: ${problem.message}`)
    return []
  }
}

/** Of the same origin, or in the same folder or below. */
function isNear(file: string, at: string): boolean {
  const [url, own] = [new URL(file), new URL(at)]
  if (own.protocol === 'file:') return url.protocol === 'file:' && url.href.startsWith(new URL('.', own).href)
  return url.origin === own.origin && /^https?:$/.test(url.protocol)
}

if (parentPort) await run(parentPort, workerData as Order)
