/** What we tell clients that we can do, in the words of their revision. */
import type { Json } from '../call.ts'
import { modernVersion, tasksExtension } from './era.ts'

/** @param revision that is spoken: what a revision does not know is not said to its clients */
export function capabilitiesFor(revision: string): Json {
  return {
    tools: { listChanged: true },
    resources: { subscribe: true, listChanged: true },
    prompts: { listChanged: true },
    ...(revision < modernVersion ? { logging: {} } : {}),
    ...(revision >= '2025-03-26' ? { completions: {} } : {}),
    // Tried out in one revision, then moved into an extension.
    ...(revision === '2025-11-25' ? { tasks: { list: {}, cancel: {}, requests: { tools: { call: {} } } } } : {}),
    ...(revision === modernVersion ? { extensions: { [tasksExtension]: {} } } : {}),
  }
}
