/** What is offered, and that a client hears when it changes. */
import assert from 'node:assert/strict'
import { until } from '../../../until.ts'
import { offered, type Step, textOf } from './step.ts'

export const lists = {
  async 'list tools'(client) {
    const tools = await client.listTools()
    const names = tools.map(({ name }) => name)
    for (const name of ['echo', 'count', 'ask_person', 'everything_echo'])
      assert.ok(names.includes(name), `${name} is not listed`)
    assert.equal(new Set(names).size, names.length, 'a name is listed twice')
    for (const { name, description, inputSchema } of tools) assert.ok(description && inputSchema, `${name} is not described`)
  },

  async resources(client) {
    const listed = await offered(client, 'listResources')()
    const greeting = listed.find(({ uri }) => uri === 'compatibility://greeting')
    assert.equal(greeting?.name, 'greeting')
    const read = offered(client, 'read')
    const [text] = await read('compatibility://greeting')
    assert.deepEqual([text?.uri, text?.mimeType, text?.text], ['compatibility://greeting', 'text/plain', 'grüß dich, 世界'])
    const [bytes] = await read('compatibility://bytes')
    assert.deepEqual(
      [...Buffer.from(bytes?.blob ?? '', 'base64')],
      Array.from({ length: 256 }, (_, byte) => byte),
    )
    await assert.rejects(read('compatibility://nowhere'), 'a resource that does not exist was read')
  },

  async 'resource templates'(client, mark) {
    const templates = await offered(client, 'listTemplates')()
    const uris = templates.map(({ uriTemplate }) => uriTemplate)
    assert.ok(uris.includes('compatibility://notes/{name}'), 'the template is not listed')
    const [note] = await offered(client, 'read')(`compatibility://notes/${mark}-new`)
    assert.equal(note?.text, `nothing was written to ${mark}-new yet`)
  },

  async prompts(client) {
    const review = (await offered(client, 'listPrompts')()).find(({ name }) => name === 'review')
    assert.deepEqual(
      review?.arguments?.map(({ name, required = false }) => [name, required]),
      [
        ['language', true],
        ['tool', false],
      ],
    )
    const get = offered(client, 'getPrompt')
    const [message] = await get('review', { language: 'python', tool: 'ruff' })
    assert.equal(message?.role, 'user')
    assert.match(JSON.stringify(message?.content), /this python code with ruff in mind/)
    await assert.rejects(get('review', {}), 'a prompt was made without an argument that it needs')
  },

  async completion(client) {
    const complete = offered(client, 'complete')
    assert.deepEqual(await complete({ type: 'ref/prompt', name: 'review' }, 'language', 'py'), ['python'])
    const uri = 'compatibility://notes/{name}'
    assert.deepEqual(await complete({ type: 'ref/resource', uri }, 'name', 'g'), ['groceries', 'guests'])
  },

  async 'completion from other arguments'(client) {
    const reference = { type: 'ref/prompt', name: 'review' } as const
    const found = await offered(client, 'complete')(reference, 'tool', '', { language: 'typescript' })
    assert.deepEqual(found, ['biome', 'vitest'])
  },

  async 'changed list'(client, mark) {
    let told = 0
    await offered(client, 'onToolsChanged')(() => told++)
    await client.call('make_tool', { name: `made_${mark}` })
    // Others make tools at the same time: the first notification need not be about ours.
    await until('a notification, and the new tool in the list', async () => {
      if (told === 0) return false
      return (await client.listTools()).some(({ name }) => name === `made_${mark}`)
    })
    assert.equal(textOf(await client.call(`made_${mark}`)), 'made')
  },

  async 'changed resource'(client, mark) {
    const uri = `compatibility://notes/${mark}`
    const read = async () => (await offered(client, 'read')(uri))[0]?.text
    await client.call('write_note', { name: mark, text: 'first' })
    assert.equal(await read(), 'first')
    let told = 0
    const stop = await offered(client, 'watch')(uri, () => told++)
    await client.call('write_note', { name: mark, text: 'second' })
    await until('a notification, and the new text', async () => told > 0 && (await read()) === 'second')
    await stop()
  },
} satisfies Record<string, Step>
