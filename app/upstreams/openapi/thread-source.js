/** Starts thread.ts from the sources, for tsx and vitest: a thread does not inherit that TypeScript is understood. Not in the bundle. */
import { register } from 'tsx/esm/api'

register()
await import('./thread.ts')
