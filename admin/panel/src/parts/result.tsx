/** What a tool, a resource or a prompt answered, block by block. */
import { Icon } from './icons.tsx'
import { Json } from './json.tsx'

interface Block {
  type?: unknown
  text?: unknown
  data?: unknown
  mimeType?: unknown
  uri?: unknown
  name?: unknown
  resource?: { uri?: unknown; text?: unknown; mimeType?: unknown }
}

/** @param result an MCP result, or whatever the history kept of one */
export function Result({ result }: { result: unknown }) {
  if (!isObject(result)) return <Json value={result} />
  const { content, structuredContent, isError, ...rest } = result
  if (!Array.isArray(content)) return <Json value={result} open={3} />
  const blocks = (content as Block[]).filter((block) => structuredContent === undefined || !repeats(block, structuredContent))
  return (
    <div className={isError === true ? 'result wrong' : 'result'}>
      {numbered(blocks).map(({ block, key }) => (
        <ContentBlock key={key} block={block} />
      ))}
      {structuredContent !== undefined && <Json value={structuredContent} open={3} />}
      {blocks.length === 0 && structuredContent === undefined && <p className="quiet">The tool answered nothing.</p>}
      {Object.keys(rest).length > 0 && <Json name="also" value={rest} open={0} />}
    </div>
  )
}

function ContentBlock({ block }: { block: Block }) {
  const { type, text, data, mimeType } = block
  const source = typeof data === 'string' ? `data:${String(mimeType)};base64,${data}` : ''
  if (type === 'text' && typeof text === 'string') return <Text text={text} />
  // An image is drawn only where its data says to be one; an SVG in <img> runs no script.
  if (type === 'image' && source.startsWith('data:image/')) return <img src={source} alt="Answer of the tool" />
  if (type === 'audio' && source.startsWith('data:audio/'))
    return (
      <audio controls src={source}>
        <track kind="captions" />
      </audio>
    )
  if (type === 'resource_link')
    return (
      <p>
        Resource: {String(block.name ?? block.uri)} <code>{String(block.uri)}</code>
      </p>
    )
  if (type === 'resource' && typeof block.resource?.text === 'string')
    return <Text text={block.resource.text} title={String(block.resource.uri)} />
  return <Json value={block} />
}

function Text({ text, title }: { text: string; title?: string }) {
  const value = parsed(text)
  return (
    <div className="text-block">
      {title && <code className="quiet">{title}</code>}
      {value === undefined ? <pre>{text}</pre> : <Json value={value} open={3} />}
    </div>
  )
}

/** Why it failed, in red, with the sign that says so without colour. */
export function Wrong({ children }: { children: string }) {
  return (
    <div className="wrong-sentence" role="alert">
      <Icon name="warning" />
      <p>{children}</p>
    </div>
  )
}

/** The blocks of one result never change their order, so their number is a name. */
const numbered = (blocks: readonly Block[]) => blocks.map((block, index) => ({ block, key: `block ${index}` }))

/** Tools that answer with structured content repeat it as text, for clients that know nothing else. */
const repeats = ({ type, text }: Block, structured: unknown) =>
  type === 'text' && typeof text === 'string' && JSON.stringify(parsed(text)) === JSON.stringify(structured)

function parsed(text: string): object | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
