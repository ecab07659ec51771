/** What may happen around a call. Their order stands in main.ts. */
export { authorize } from './authorize.ts'
export { deadline } from './deadline.ts'
export { limit } from './limit.ts'
export { measure } from './measure.ts'
export { pinned } from './pinned.ts'
export { record } from './record.ts'
export { supply } from './supply.ts'
export { validate } from './validate.ts'
