/** The inputs of a form that is made from a JSON Schema: each shows a value and gives back a value of the schema's type. */
import { useState } from 'react'
import type { Choice, Shape } from './schema.ts'

export interface InputProps {
  id?: string
  /** Where there is no visible label of its own. */
  label?: string
  describedBy?: string
  shape: Shape
  required: boolean
  value: unknown
  onChange(value: unknown): void
  wrong: boolean
}

const attributes = ({ id, label, describedBy, wrong }: InputProps) => ({
  id,
  'aria-label': label,
  'aria-describedby': describedBy,
  'aria-invalid': wrong || undefined,
})

/** What is optional and empty is left out; what is required may be an empty text. */
const textValue = (text: string, required: boolean) => (text === '' && !required ? undefined : text)
const shown = (value: unknown) => (value === undefined || value === null ? '' : String(value))

const types: Record<string, string> = { date: 'date', password: 'password' }

export function TextInput(props: InputProps) {
  const { shape, required, value, onChange } = props
  return (
    <input
      {...attributes(props)}
      type={types[String(shape.schema.format)] ?? 'text'}
      value={shown(value)}
      onChange={(event) => onChange(textValue(event.target.value, required))}
      autoComplete="off"
      spellCheck={false}
    />
  )
}

export function LongInput(props: InputProps) {
  const { required, value, onChange } = props
  return (
    <textarea
      {...attributes(props)}
      rows={4}
      value={shown(value)}
      onChange={(event) => onChange(textValue(event.target.value, required))}
    />
  )
}

export function NumberInput(props: InputProps) {
  const { shape, value, onChange } = props
  return (
    <input
      {...attributes(props)}
      type="number"
      step={shape.kind === 'integer' ? 1 : 'any'}
      value={shown(value)}
      onChange={({ target }) => onChange(target.value === '' ? undefined : target.valueAsNumber)}
    />
  )
}

/** Choices may be of any type, so an option is known by its place. */
export function ChoiceInput({ choices, ...props }: InputProps & { choices: readonly Choice[] }) {
  const { required, value, onChange } = props
  const chosen = choices.findIndex((choice) => JSON.stringify(choice.value) === JSON.stringify(value))
  return (
    <select {...attributes(props)} value={chosen} onChange={(event) => onChange(choices[Number(event.target.value)]?.value)}>
      {(!required || chosen === -1) && <option value={-1}>{required ? 'Choose…' : '–'}</option>}
      {choices.map(({ label }, index) => (
        <option key={label} value={index}>
          {label}
        </option>
      ))}
    </select>
  )
}

/** For every shape that has no field of its own. Text that is not JSON keeps the form from being sent. */
export function JsonInput(props: InputProps) {
  const { value, onChange } = props
  const [text, setText] = useState(() => (value === undefined ? '' : JSON.stringify(value, null, 2)))
  const [fault, setFault] = useState('')

  function change(area: HTMLTextAreaElement): void {
    setText(area.value)
    const { value, fault } = parse(area.value)
    setFault(fault)
    area.setCustomValidity(fault)
    if (!fault) onChange(value)
  }

  return (
    <>
      <textarea
        {...attributes(props)}
        className="code"
        rows={4}
        value={text}
        placeholder="JSON"
        spellCheck={false}
        onChange={(event) => change(event.target)}
      />
      {fault && <p className="wrong-note">{fault}</p>}
    </>
  )
}

function parse(text: string): { value?: unknown; fault: string } {
  if (text.trim() === '') return { fault: '' }
  try {
    return { value: JSON.parse(text), fault: '' }
  } catch (error) {
    return { fault: `Not JSON yet: ${error instanceof Error ? error.message : String(error)}` }
  }
}
