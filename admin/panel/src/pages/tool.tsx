/** One tool: what it does, what it takes, and a way to try it. */
import type { ToolView } from '../../../wire.ts'
import { SchemaTree } from '../form/schema-tree.tsx'
import { TryIt } from '../form/try-it.tsx'
import { CopyButton } from '../parts/copy.tsx'
import { Explain } from '../parts/explain.tsx'
import { Icon } from '../parts/icons.tsx'
import { Marks } from '../parts/marks.tsx'
import { Empty, Problem, Skeleton } from '../parts/states.tsx'
import { useExecution, usePins } from '../queries.ts'
import { href } from '../route.ts'

interface Props {
  tool: ToolView
  /** Id of an earlier call whose arguments are to be used again. */
  again: string | undefined
  mayCall: boolean
  mayAdmin: boolean
}

/** What a tool says of itself, in words. */
const marks: readonly [string, unknown, string][] = [
  ['readOnlyHint', true, 'changes nothing'],
  ['destructiveHint', true, 'may destroy'],
  ['idempotentHint', true, 'safe to repeat'],
  ['openWorldHint', true, 'reaches outside'],
]

export function Tool({ tool, again, mayCall, mayAdmin }: Props) {
  const earlier = useExecution(again)
  const pins = usePins(tool.name, mayAdmin)
  const pin = pins.data?.pins.find(({ kind, upstream }) => kind === 'tool' && upstream === tool.owner)
  return (
    <article className="tool">
      <a className="back" href={href(['tools'])}>
        <Icon name="back" /> All tools
      </a>
      <header>
        <h2>{tool.name}</h2>
        <p className="tags">
          <span className="tag">{tool.owner}</span>
          {marks
            .filter(([mark, value]) => tool.annotations[mark] === value)
            .map(([mark, , words]) => (
              <span key={mark} className="tag">
                {words}
              </span>
            ))}
        </p>
      </header>
      {tool.title && !saysTheSame(tool.title, tool.name) && <p className="strong">{tool.title}</p>}
      <p className="description">{tool.description || 'This tool does not say what it does.'}</p>

      {pin && <Marks marks={pin.marks} />}
      {pin && pin.state !== 'approved' && (
        <p className="quiet">
          {tool.owner} has changed this tool since it was approved: <a href={href(['pins'])}>look at the change</a>.
        </p>
      )}

      <section className="card" aria-labelledby="try">
        <h3 id="try">Try it</h3>
        {!mayCall ? (
          <Empty title="Your role may look but not call">Ask an admin for the operator role.</Empty>
        ) : again !== undefined && earlier.isPending ? (
          <Skeleton lines={3} />
        ) : (
          <>
            {earlier.error && <Problem error={earlier.error} />}
            <TryIt tool={tool} again={earlier.data?.parameters as Record<string, unknown> | undefined} mayAdmin={mayAdmin} />
          </>
        )}
      </section>

      <Schema title="Arguments" schema={tool.input_schema} />
      {tool.output_schema && <Schema title="Answer" schema={tool.output_schema} />}
      {mayAdmin && <Explain tool={tool.name} />}
    </article>
  )
}

/** Many titles are the name in capitals. */
const saysTheSame = (title: string, name: string) => plain(name).endsWith(plain(title).replace(/tool$/, ''))
const plain = (text: string) => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')

function Schema({ title, schema }: { title: string; schema: Record<string, unknown> }) {
  const text = JSON.stringify(schema, null, 2)
  return (
    <section className="card">
      <h3>{title}</h3>
      <SchemaTree schema={schema} />
      <details className="raw">
        <summary>JSON Schema</summary>
        <div className="copyable">
          <pre>
            <code>{text}</code>
          </pre>
          <CopyButton text={text} label="the JSON Schema" />
        </div>
      </details>
    </section>
  )
}
