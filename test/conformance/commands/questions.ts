/** Tools that ask the client one thing, as the session era had them. */
import type { Json } from '../../../app/call.ts'
import type { ToolDefinition } from '../../../app/commands/command.ts'
import { form, prompt, said } from './_asking.ts'

const string = { type: 'string' }
const numbered = (word: string) => [1, 2, 3].map((number) => `${word}${number}`)
const titled = (noun: string) =>
  ['First', 'Second', 'Third'].map((word, at) => ({ const: `value${at + 1}`, title: `${word} ${noun}` }))

const person = {
  type: 'object',
  properties: {
    username: { ...string, description: "User's response" },
    email: { ...string, description: "User's email address" },
  },
  required: ['username', 'email'],
}

/** A default of each type. */
const defaults = {
  type: 'object',
  properties: {
    name: { ...string, description: 'User name', default: 'John Doe' },
    age: { type: 'integer', description: 'User age', default: 30 },
    score: { type: 'number', description: 'User score', default: 95.5 },
    status: { ...string, description: 'User status', enum: ['active', 'inactive', 'pending'], default: 'active' },
    verified: { type: 'boolean', description: 'Verification status', default: true },
  },
}

/** The five ways to offer a choice. */
const choices = {
  type: 'object',
  properties: {
    untitledSingle: { ...string, description: 'One of three', enum: numbered('option') },
    titledSingle: { ...string, description: 'One of three, with titles', oneOf: titled('Option') },
    legacyEnum: {
      ...string,
      description: 'One of three, with titles as they were written before',
      enum: numbered('opt'),
      enumNames: ['Option One', 'Option Two', 'Option Three'],
    },
    untitledMulti: { type: 'array', description: 'Some of three', items: { ...string, enum: numbered('option') } },
    titledMulti: { type: 'array', description: 'Some of three, with titles', items: { anyOf: titled('Choice') } },
  },
}

const told = ({ action, content }: Json) => `action=${action}, content=${JSON.stringify(content ?? {})}`

const tools: ToolDefinition[] = [
  {
    name: 'test_sampling',
    returns: 'What its test expects',
    description: "Gives the prompt to the client's model and tells what it said.",
    input: { type: 'object', properties: { prompt: { ...string, description: 'For the model' } }, required: ['prompt'] },
    run: async (input, context) => `LLM response: ${said(await context.sample(prompt(String(input.prompt), 100)))}`,
  },
  {
    name: 'test_elicitation',
    returns: 'What its test expects',
    description: 'Asks the person at the client who they are.',
    input: { type: 'object', properties: { message: { ...string, description: 'What they read' } }, required: ['message'] },
    run: async ({ message }, context) => `User response: ${told(await context.elicit(String(message), person))}`,
  },
  {
    name: 'test_elicitation_sep1034_defaults',
    returns: 'What its test expects',
    description: 'Asks with a default of each type.',
    run: async (_, context) => `Elicitation completed: ${told(await context.elicit('Is all of this right?', defaults))}`,
  },
  {
    name: 'test_elicitation_sep1330_enums',
    returns: 'What its test expects',
    description: 'Asks with each kind of choice.',
    run: async (_, context) => `Elicitation completed: ${told(await context.elicit('Which ones?', choices))}`,
  },
  {
    name: 'test_missing_capability',
    returns: 'What its test expects',
    description: "Needs the client's model, and cannot do without.",
    run: async (_, context) => said(await context.sample(prompt('Are you there?', 10))),
  },
  {
    name: 'test_streaming_elicitation',
    returns: 'What its test expects',
    description: 'Says something, tells how far it is, then asks.',
    async run(_, context) {
      context.log('info', 'About to ask')
      context.progress(1, 2)
      return told(await context.elicit('Go on?', form('ok', 'boolean')))
    },
  },
]

export default tools
