/** The corpus, by subject. */
import type { Subject } from '../entry.ts'
import { batches } from './batches.ts'
import { deep } from './deep.ts'
import { ids } from './ids.ts'
import { methods } from './methods.ts'
import { notJsonTexts } from './not-json.ts'
import { shapes } from './shape.ts'
import { badUtf8 } from './utf8.ts'

export const corpus: readonly Subject[] = [notJsonTexts, badUtf8, shapes, ids, methods, deep, batches]
