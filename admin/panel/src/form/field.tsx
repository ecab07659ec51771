/** One member of the arguments as a field, whatever its shape; groups and lists hold further fields. */
import { useId } from 'react'
import { Icon } from '../parts/icons.tsx'
import { ChoiceInput, type InputProps, JsonInput, LongInput, NumberInput, TextInput } from './inputs.tsx'
import { hintsOf, Name, Notes } from './notes.tsx'
import type { Member, Shape } from './schema.ts'

export interface FieldProps {
  member: Member
  /** Where it stands in the arguments, as the server writes it: `filter.tags.0`. */
  path: string
  value: unknown
  /** Called with undefined for a member that is to be left out. */
  onChange(value: unknown): void
  /** The server's sentence about the arguments; it begins with the path that it is about. */
  problem: string | undefined
}

export function Field({ member, path, value, onChange, problem }: FieldProps) {
  const id = useId()
  const { name, required, shape } = member
  const wrong = problem?.startsWith(`${path} `) ? problem : undefined
  const notes = { description: shape.description, hints: hintsOf(shape), wrong }

  if (shape.kind === 'group') {
    return (
      <fieldset className="field">
        <legend>
          <Name name={name} required={required} />
        </legend>
        <Notes {...notes} id={id} />
        <Members members={shape.members} path={path} value={value} onChange={onChange} problem={problem} />
      </fieldset>
    )
  }
  if (shape.kind === 'list') {
    return (
      <fieldset className="field">
        <legend>
          <Name name={name} required={required} />
        </legend>
        <Notes {...notes} id={id} />
        <Elements items={shape.items} name={name} path={path} value={value} onChange={onChange} problem={problem} />
      </fieldset>
    )
  }
  if (shape.kind === 'boolean') {
    return (
      <div className="field">
        <label className="check">
          <input
            type="checkbox"
            checked={value === true}
            onChange={(event) => onChange(event.target.checked)}
            aria-describedby={id}
          />
          <Name name={name} required={required} />
        </label>
        <Notes {...notes} id={id} />
      </div>
    )
  }
  return (
    <div className="field">
      <label htmlFor={`${id}input`}>
        <Name name={name} required={required} />
      </label>
      <Input
        id={`${id}input`}
        describedBy={id}
        shape={shape}
        required={required}
        value={value}
        onChange={onChange}
        wrong={wrong !== undefined}
      />
      <Notes {...notes} id={id} />
    </div>
  )
}

/** The members of a group, or of the arguments as a whole (path ''). */
export function Members({
  members,
  path,
  value,
  onChange,
  problem,
}: Omit<FieldProps, 'member'> & { members: readonly Member[] }) {
  const object = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>
  function change(name: string, changed: unknown): void {
    const { [name]: _, ...others } = object
    const next = changed === undefined ? others : { ...object, [name]: changed }
    onChange(path !== '' && Object.keys(next).length === 0 ? undefined : next)
  }
  return members.map((member) => (
    <Field
      key={member.name}
      member={member}
      path={path ? `${path}.${member.name}` : member.name}
      value={object[member.name]}
      onChange={(changed) => change(member.name, changed)}
      problem={problem}
    />
  ))
}

interface ElementsProps extends Omit<FieldProps, 'member'> {
  items: Shape
  name: string
}

function Elements({ items, name, path, value, onChange, problem }: ElementsProps) {
  const elements = Array.isArray(value) ? value : []
  return (
    <div className="elements">
      {elements.map((element, index) => (
        // Elements have no identity of their own: their place is what they are known by.
        <div className="element" key={`${path}.${index.toString()}`}>
          <Input
            shape={items}
            label={`${name} ${index + 1}`}
            required
            value={element}
            onChange={(changed) => onChange(elements.with(index, changed))}
            wrong={problem?.startsWith(`${path}.${index} `) ?? false}
          />
          <button
            type="button"
            className="icon-button"
            aria-label={`Remove ${name} ${index + 1}`}
            onClick={() => onChange(elements.length === 1 ? undefined : elements.toSpliced(index, 1))}
          >
            <Icon name="close" />
          </button>
        </div>
      ))}
      {problem?.startsWith(`${path}.`) && <p className="wrong-note">{problem}</p>}
      <button type="button" className="small" onClick={() => onChange([...elements, items.kind === 'boolean' ? false : ''])}>
        <Icon name="add" /> Add
      </button>
    </div>
  )
}

function Input(props: InputProps) {
  switch (props.shape.kind) {
    case 'choice':
      return <ChoiceInput {...props} choices={props.shape.choices} />
    case 'number':
    case 'integer':
      return <NumberInput {...props} />
    case 'long':
      return <LongInput {...props} />
    case 'text':
      return <TextInput {...props} />
    case 'boolean':
      return <ChoiceInput {...props} choices={[true, false].map((value) => ({ value, label: String(value) }))} />
    default:
      return <JsonInput {...props} />
  }
}
