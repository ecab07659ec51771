/** Tools that ask under keys which the client sees: several things at once, one after the other, only what it can answer. */
import type { Question } from '../../../app/call.ts'
import type { ToolDefinition } from '../../../app/commands/command.ts'
import { askModel, askPerson, askRoots, filled, form, prompt, said } from './_asking.ts'

const named = (what: string) => `test_input_required_result_${what}`

/** A tool that lets the client confirm something. */
const confirming = (what: string, description: string, done: string): ToolDefinition => ({
  name: named(what),
  returns: 'What its test expects',
  description,
  async run(_, context) {
    const answer = await context.elicit('Please confirm', form('ok', 'boolean'), 'confirm')
    return `${done}: ${filled(answer, 'ok')}`
  },
})

const askName = askPerson('What is your name?', form('name'))

const tools: ToolDefinition[] = [
  {
    name: named('elicitation'),
    returns: 'What its test expects',
    description: 'Asks for a name, then greets.',
    async run(_, context) {
      const answer = await context.elicit('What is your name?', form('name'), 'user_name')
      return `Hello, ${filled(answer, 'name')}!`
    },
  },
  {
    name: named('sampling'),
    returns: 'What its test expects',
    description: "Asks the client's model for a capital.",
    run: async (_, context) => said(await context.sample(prompt('What is the capital of France?', 100), 'capital_question')),
  },
  {
    name: named('list_roots'),
    returns: 'What its test expects',
    description: 'Asks where the client works.',
    run: async (_, context) => `Roots: ${JSON.stringify(await context.roots('client_roots'))}`,
  },
  confirming('request_state', 'Asks, and knows the one who comes back with the answer.', 'state-ok'),
  confirming('tampered_state', 'Asks, and refuses an answer whose state was changed.', 'Confirmed'),
  {
    name: named('multiple_inputs'),
    returns: 'What its test expects',
    description: 'Asks for a name, a greeting and roots at once.',
    async run(_, context) {
      const answers = await context.ask({
        user_name: askName,
        greeting: askModel('Generate a greeting', 50),
        client_roots: askRoots,
      })
      return `${said(answers.greeting)} ${filled(answers.user_name, 'name')}, ${JSON.stringify(answers.client_roots?.roots)}`
    },
  },
  {
    name: named('multi_round'),
    returns: 'What its test expects',
    description: 'Asks for a name, and then for a colour.',
    async run(_, context) {
      const name = await context.elicit('Step 1: What is your name?', form('name'), 'step1')
      const color = await context.elicit('Step 2: What is your favorite color?', form('color'), 'step2')
      return `${filled(name, 'name')} likes ${filled(color, 'color')}`
    },
  },
  {
    name: named('capabilities'),
    returns: 'What its test expects',
    description: 'Asks only what the client has said that it can answer.',
    async run(_, context) {
      const { elicitation, sampling, roots } = context.client.capabilities
      const questions: Record<string, Question> = {
        ...(elicitation ? { user_name: askName } : {}),
        ...(sampling ? { greeting: askModel('Generate a greeting', 50) } : {}),
        ...(roots ? { client_roots: askRoots } : {}),
      }
      if (Object.keys(questions).length === 0) return 'Nothing can be asked'
      return `Answered: ${Object.keys(await context.ask(questions)).join(', ')}`
    },
  },
]

export default tools
