/** Which parameters the code of a `run` takes, read from its source by the parser that loads command files (Babel, inside jiti). */
import type { Jiti } from 'jiti'
import type { Json } from '../call.ts'
import { isObject } from '../is-object.ts'

export interface RunParams {
  /** `preset` where the code has a plain value as default. */
  readonly params: readonly { readonly name: string; readonly preset?: unknown }[]
  /** It takes whatever else there is. */
  readonly rest: boolean
}

/** Undefined for code that does not take its input apart at once, or that cannot be read. */
export type ReadRun = (run: (...given: never[]) => unknown) => RunParams | undefined

/** @param jiti any instance: the source is only parsed, never run */
export function createReadRun({ transform }: Pick<Jiti, 'transform'>): ReadRun {
  return function readRun(run) {
    const source = run.toString()
    // A method stands in an object; a function or an arrow does not.
    return parse(`({ ${source} })`) ?? parse(`(${source})`)
  }

  function parse(source: string): RunParams | undefined {
    let program: unknown
    const keep = () => ({
      visitor: {
        Program({ node }: { node: unknown }) {
          program ??= node
        },
      },
    })
    try {
      transform({ source, filename: 'run.js', async: true, babel: { plugins: [keep] } })
    } catch {
      return undefined
    }
    return paramsIn(functionIn(program))
  }
}

/** The one function of such a program: `({ run() {} })`, `(function () {})` or `(() => {})`. */
function functionIn(program: unknown): Json | undefined {
  const [statement] = listIn(program, 'body')
  const expression = isObject(statement) ? statement.expression : undefined
  const [member] = listIn(expression, 'properties')
  const found = member?.type === 'ObjectMethod' ? member : expression
  return isObject(found) && Array.isArray(found.params) ? found : undefined
}

function paramsIn(node: Json | undefined): RunParams | undefined {
  const [first] = listIn(node, 'params')
  if (first?.type !== 'ObjectPattern') return undefined
  const members = listIn(first, 'properties')
  const named = members.filter(({ type }) => type === 'ObjectProperty')
  if (named.some(({ computed }) => computed === true)) return undefined
  return { params: named.map(paramIn), rest: named.length < members.length }
}

function paramIn({ key, value }: Json): { name: string; preset?: unknown } {
  const { name, value: text } = key as Json
  const preset = isObject(value) && value.type === 'AssignmentPattern' ? value.right : undefined
  const plain = isObject(preset) && /^(String|Numeric|Boolean)Literal$/.test(String(preset.type)) ? { preset: preset.value } : {}
  return { name: String(name ?? text), ...plain }
}

const listIn = (node: unknown, member: string): Json[] => {
  const list = isObject(node) ? node[member] : undefined
  return Array.isArray(list) ? list.filter(isObject) : []
}
