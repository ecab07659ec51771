/** What the servers behind us offer in the tests of the bridge, the same in every era: tools that ask, tell, wait, change and remember. */
import type { Json } from '../../../app/call.ts'
import type { Context } from '../../../app/commands/command.ts'

/** What calls have left behind; of a server over HTTP the test sees it, of a program the tool `seen` tells it. */
export interface Seen {
  /** Calls by the name of their tool. */
  readonly calls: Record<string, number>
  cancelled: number
  /** 1 after a page was asked for, 0 after somebody was let in. */
  opened: number
  /** Levels that were set, in their order. */
  readonly levels: string[]
  /** How often folders were said to be others. */
  moved: number
  /** Why questions were not answered. */
  readonly refusals: string[]
}

/** What all connections of one server have in common. */
export interface Shared {
  /** Of its URIs: no two servers behind us may have the same. */
  readonly scheme: string
  readonly seen: Seen
  /** Whether there is one more tool. */
  grown: boolean
  /** Does not let its log level be set. */
  deaf?: boolean
}

export const nothingShared = (scheme = 'far'): Shared => ({
  scheme,
  seen: { calls: {}, cancelled: 0, opened: 0, levels: [], moved: 0, refusals: [] },
  grown: false,
})

/** What tools may do to their server. */
export interface Far {
  readonly shared: Shared
  /** Kept for one connection, where the era has such a thing. */
  readonly memory: { word?: string }
  listChanged(): void
  resourceChanged(uri: string): void
  /** A protocol error. */
  fail(code: number, message: string, data: Json): Error
}

export interface FarCall {
  readonly values: Json
  /** The request's `_meta`, as it came. */
  readonly meta: Json
  readonly context: Context
  readonly far: Far
  /** Asks, and takes the question back; gives what came of it. Only with sessions. */
  retract(context: Context): Promise<string>
  /** Asks without saying for which call, whatever has become of it. Only with sessions. */
  insist(message: string): Promise<Json>
}

type FarTool = Json & { readonly name: string; run(call: FarCall): Json | Promise<Json> }

export const question = { message: 'Who?', requestedSchema: { type: 'object', properties: { name: { type: 'string' } } } }
export const sampling = { messages: [{ role: 'user', content: { type: 'text', text: 'hm?' } }], maxTokens: 10 }
export const page = { message: 'Sign in first', url: 'https://far.example/in', elicitationId: 'page-1' }
export const watchedAt = (scheme: string) => `${scheme}://watched`

/** With things that a gateway must neither mend nor lose. */
export const oddSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  'x-first': [1, { two: null }],
  properties: { z: { $ref: '#/$defs/z' }, a: { type: ['string', 'null'], default: 'ü' } },
  $defs: { z: { $anchor: 'z', type: 'object', properties: { deep: { const: 1.5 } } } },
  allOf: [{ if: { required: ['z'] }, else: { properties: { a: { minLength: 0 } } } }],
}

const text = (value: unknown): Json => ({
  content: [{ type: 'text', text: typeof value === 'string' ? value : JSON.stringify(value) }],
})
const plain = { type: 'object', properties: {} }

export const tools: readonly FarTool[] = [
  {
    name: 'form',
    run: async ({ context }) => text(await context.elicit(question.message, question.requestedSchema, 'who')),
  },
  { name: 'visit', run: async ({ context }) => text(await context.elicitUrl(page.message, page.url, 'page')) },
  { name: 'model', run: async ({ context }) => text(await context.sample(sampling, 'thought')) },
  { name: 'folders', run: async ({ context }) => text(await context.roots('folders')) },
  {
    name: 'both',
    run: async ({ context }) =>
      text(
        await context.ask({
          who: { method: 'elicitation/create', params: { ...question, 'x-asked': { kept: true } } },
          folders: { method: 'roots/list' },
        }),
      ),
  },
  {
    name: 'twice',
    run: async ({ context }) => {
      const first = await context.elicit('First?', plain, 'first')
      return text([first, await context.elicit('Second?', plain, 'second')])
    },
  },
  {
    name: 'steps',
    run({ context }) {
      for (const step of [1, 2, 3]) context.progress(step, 3, `step ${step}`)
      return text('done')
    },
  },
  {
    name: 'talk',
    run({ context }) {
      for (const level of ['debug', 'info', 'error'] as const) context.log(level, `said at ${level}`)
      return text('said')
    },
  },
  {
    name: 'wait',
    run: ({ context: { signal, progress }, far }) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          far.shared.seen.cancelled++
          resolve(text('nobody hears this'))
        })
        progress(1)
      }),
  },
  { name: 'seen', run: ({ far }) => text(far.shared.seen) },
  {
    name: 'odd',
    inputSchema: oddSchema,
    title: 'Odd',
    icons: [{ src: 'https://far.example/i.png', 'x-icon': 1 }],
    annotations: { readOnlyHint: true, 'x-hint': 'kept' },
    _meta: { 'far/definition': { kept: [1] } },
    'x-definition': { kept: true },
    run: ({ values, meta }) => ({
      ...text({ values, meta }),
      _meta: { 'far/result': { kept: [null] } },
      'x-result': { kept: true },
    }),
  },
  {
    name: 'gated',
    run({ far }) {
      const { seen } = far.shared
      seen.opened = 1 - seen.opened
      if (seen.opened === 0) return text('let in')
      throw far.fail(-32042, 'a page must be opened first', { elicitations: [{ mode: 'url', ...page }], 'x-kept': 1 })
    },
  },
  {
    name: 'needy',
    run({ far }) {
      throw far.fail(-32021, 'needs more than that', { requiredCapabilities: { sampling: { tools: {} } } })
    },
  },
  {
    name: 'touch',
    run({ far }) {
      far.resourceChanged(watchedAt(far.shared.scheme))
      return text('touched')
    },
  },
  {
    name: 'grow',
    run({ far }) {
      grow(far)
      return text('grown')
    },
  },
  {
    name: 'remember',
    run({ values, far }) {
      far.memory.word = String(values.word)
      return text('remembered')
    },
  },
  { name: 'recall', run: ({ far }) => text(far.memory.word ?? 'nothing') },
  {
    name: 'stubborn',
    // Asks only when nobody waits for it any more.
    run: ({ context, far, insist }) =>
      new Promise((resolve) => {
        context.signal.addEventListener('abort', () => {
          insist('Too late?')
            .catch((error: Error) => void far.shared.seen.refusals.push(error.message))
            .finally(() => resolve(text('nobody hears this')))
        })
        context.progress(1)
      }),
  },
  { name: 'aside', run: async ({ insist }) => text(await insist('Who?')) },
  {
    name: 'fickle',
    // Takes its question back as soon as it was asked.
    run: async ({ context, retract }) => text(await retract(context)),
  },
  { name: 'pid', run: () => text(process.pid) },
  { name: 'die', run: () => process.exit(3) },
]

export const findTool = (name: string) => tools.find((tool) => tool.name === name)

/** The list of tools becomes another. */
export function grow({ shared, listChanged }: Far): void {
  shared.grown = !shared.grown
  listChanged()
}

export function listedTools({ grown }: Shared): Json[] {
  const listed = tools.map(({ run: _, ...tool }) => ({ description: `The tool ${tool.name}`, inputSchema: plain, ...tool }))
  return grown ? [...listed, { name: 'grown', description: 'Was not there before', inputSchema: plain }] : listed
}

export const listedResources = ({ scheme }: Shared): Json[] => [
  { uri: watchedAt(scheme), name: 'watched', mimeType: 'text/plain', 'x-resource': 'kept' },
  { uri: `${scheme}://forbidden`, name: 'not for watching' },
]
export const listedTemplates = ({ scheme }: Shared): Json[] => [{ uriTemplate: `${scheme}://item/{id}`, name: 'item' }]
export const prompts: Json[] = [
  { name: 'plan', description: 'Has an argument', arguments: [{ name: 'day', description: 'Which', 'x-argument': 1 }] },
]

export const readResource = (uri: string): Json => ({
  contents: [{ uri, mimeType: 'text/plain', text: `read ${uri}`, _meta: { 'far/contents': 1 } }],
  ttlMs: 60_000,
  cacheScope: 'public',
  'x-result': 'kept',
})

export const getPrompt = (values: Json = {}): Json => ({
  messages: [{ role: 'user', content: { type: 'text', text: `plan ${values.day}`, 'x-block': 1 } }],
  'x-result': 'kept',
})

const days = ['monday', 'tuesday', 'thursday']

/** Proposals for the argument of the prompt, or for the variable of the template; what was chosen already stands in front. */
export function completed(ref: Json, argument: Json, context: Json | undefined): Json {
  const of = ref.type === 'ref/prompt' ? ref.name : ref.uri
  const chosen = Object.entries((context?.arguments as Json | undefined) ?? {}).map((entry) => entry.join('='))
  const values = days.filter((day) => day.startsWith(String(argument.value)))
  return { completion: { values: [`${of}`, ...chosen, ...values], total: values.length, hasMore: false, 'x-completion': 1 } }
}

export const capabilities = {
  tools: { listChanged: true },
  prompts: { listChanged: true },
  resources: { subscribe: true, listChanged: true },
  completions: {},
  logging: {},
}
