/** A JSON Schema for people: names, types, what is required, what each member means. */
import { isSchema, type Schema, type Shape, shapeOf } from './schema.ts'

export function SchemaTree({ schema }: { schema: Schema }) {
  const shape = shapeOf(schema)
  if (shape.kind === 'group') return <Members shape={shape} root={schema} depth={0} />
  return <p className="quiet">{isSchema(shape.schema.properties) ? 'No members.' : 'Any JSON object.'}</p>
}

/** Schemas may hold themselves; what is deeper is left to the raw text. */
const deepest = 5

function Members({ shape, root, depth }: { shape: Shape; root: Schema; depth: number }) {
  const inside = shape.kind === 'json' && isSchema(shape.schema.items) ? shapeOf(shape.schema.items, root) : shape
  if (inside.kind !== 'group' || depth > deepest) return null
  return (
    <ul className="schema">
      {inside.members.map(({ name, required, shape: member }) => (
        <li key={name}>
          <code className="field-name">{name}</code> <span className="quiet">{typeName(member, root)}</span>
          {required && <span className="required">required</span>}
          {member.description && <p>{member.description}</p>}
          <Members shape={member} root={root} depth={depth + 1} />
        </li>
      ))}
    </ul>
  )
}

function typeName(shape: Shape, root: Schema): string {
  switch (shape.kind) {
    case 'choice':
      return `one of ${shape.choices.map(({ label }) => label).join(', ')}`
    case 'list':
      return `list of ${typeName(shape.items, root)}`
    case 'group':
      return 'object'
    case 'text':
    case 'long':
      return 'string'
    case 'json':
      if (isSchema(shape.schema.items)) return `list of ${typeName(shapeOf(shape.schema.items, root), root)}`
      return [shape.schema.type].flat().filter(Boolean).join(' or ') || 'any JSON'
    default:
      return shape.kind
  }
}
