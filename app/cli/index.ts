/** The verbs, in the order of the help. The first is meant where none is named. */
import { call } from './call.ts'
import { check } from './check.ts'
import { commands } from './commands.ts'
import { config } from './config.ts'
import { explain } from './explain.ts'
import { keys } from './keys.ts'
import { migrate } from './migrate.ts'
import { openapi } from './openapi.ts'
import { serve } from './serve.ts'
import { users } from './users.ts'
import type { Verb } from './verb.ts'

export const verbs: readonly Verb[] = [serve, check, call, commands, keys, users, explain, openapi, config, migrate]
