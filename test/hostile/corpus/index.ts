/** The corpus, by subject. */
import type { Subject } from '../entry.ts'
import { unaskedAnswers } from './answers.ts'
import { batches } from './batches.ts'
import { bytes } from './bytes.ts'
import { cancellation } from './cancellation.ts'
import { completion } from './completion.ts'
import { deep } from './deep.ts'
import { frames } from './frames.ts'
import { handshakes } from './handshakes.ts'
import { http } from './http.ts'
import { httpSessions } from './http-sessions.ts'
import { ids } from './ids.ts'
import { inFlight } from './in-flight.ts'
import { large } from './large.ts'
import { lifecycle } from './lifecycle.ts'
import { methods } from './methods.ts'
import { modernEnvelope } from './modern-envelope.ts'
import { modernHeaders } from './modern-headers.ts'
import { modernInput } from './modern-input.ts'
import { modernListen } from './modern-listen.ts'
import { notJsonTexts } from './not-json.ts'
import { outcomes } from './outcomes.ts'
import { wrongParams } from './params.ts'
import { pollution } from './pollution.ts'
import { shapes } from './shape.ts'
import { unicode } from './unicode.ts'
import { badUtf8 } from './utf8.ts'

export const corpus: readonly Subject[] = [
  notJsonTexts,
  badUtf8,
  shapes,
  ids,
  methods,
  deep,
  large,
  batches,
  wrongParams,
  completion,
  unicode,
  pollution,
  handshakes,
  lifecycle,
  cancellation,
  unaskedAnswers,
  inFlight,
  outcomes,
  modernEnvelope,
  modernHeaders,
  modernInput,
  modernListen,
  http,
  httpSessions,
  bytes,
  frames,
]
