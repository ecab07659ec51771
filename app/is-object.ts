/** Whether a parsed value is a JSON object: neither a list nor null, which JavaScript calls objects too. */
import type { Json } from './call.ts'

export const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
