/** Official clients on one side, official servers on the other, Switchyard between them. */
import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import type { CallToolResult, EmbeddedResource, ResourceLink } from '@modelcontextprotocol/sdk/types.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect, textOf, wires } from './clients.ts'
import { becomes } from './insider.ts'
import { start, type TestSystem } from './start.ts'

const program = (name: string) => createRequire(import.meta.url).resolve(`@modelcontextprotocol/${name}/dist/index.js`)

let folder: string
let system: TestSystem
const clients = new Map<string, Client>()

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'switchyard-files-')))
  await writeFile(join(folder, 'hello.txt'), 'grüß dich\n')
  const mcpServers = {
    everything: { command: process.execPath, args: [program('server-everything'), 'stdio'] },
    files: { command: process.execPath, args: [program('server-filesystem'), folder] },
  }
  system = await start({ file: { mcpServers } })
  await becomes(system, 'everything', 'connected')
  await becomes(system, 'files', 'connected')
  for (const wire of wires) clients.set(wire, await connect(wire, system.url))
})

afterAll(async () => {
  for (const client of clients.values()) await client.close()
  await system.stop()
  await rm(folder, { recursive: true })
})

describe.each(wires)('over %s', (wire) => {
  const call = async (name: string, values: Record<string, unknown> = {}) =>
    (await clients.get(wire)!.callTool({ name, arguments: values })) as CallToolResult

  test('every tool of the everything server is listed, with its own name kept', async () => {
    const { tools } = await clients.get(wire)!.listTools()
    const listed = tools.filter(({ name }) => name.startsWith('everything_'))
    expect(listed.map(({ name }) => name.slice('everything_'.length)).sort()).toEqual([
      'echo',
      'get-annotated-message',
      'get-env',
      'get-resource-links',
      'get-resource-reference',
      'get-roots-list',
      'get-structured-content',
      'get-sum',
      'get-tiny-image',
      'gzip-file-as-resource',
      'simulate-research-query',
      'toggle-simulated-logging',
      'toggle-subscriber-updates',
      'trigger-elicitation-request',
      'trigger-long-running-operation',
      'trigger-sampling-request',
      'trigger-url-elicitation',
    ])
    expect(listed[0]?._meta).toEqual({ 'switchyard/name': 'echo' })
  })

  test('texts, numbers and structured content come back', async () => {
    expect(textOf(await call('everything_echo', { message: 'grüß dich' }))).toBe('Echo: grüß dich')
    expect(textOf(await call('everything_get-sum', { a: 2, b: 3 }))).toContain('5')
    const { structuredContent } = await call('everything_get-structured-content', { location: 'Chicago' })
    expect(structuredContent).toMatchObject({ temperature: expect.any(Number), conditions: expect.any(String) })
  })

  test('images and annotations come back', async () => {
    const image = (await call('everything_get-tiny-image')).content.find(({ type }) => type === 'image')
    expect(image).toMatchObject({ mimeType: 'image/png', data: expect.stringMatching(/^iVBOR/) })
    const { content } = await call('everything_get-annotated-message', { messageType: 'error', includeImage: true })
    expect(content[0]).toMatchObject({ annotations: { priority: 1, audience: ['user', 'assistant'] } })
    expect(content.map(({ type }) => type)).toEqual(['text', 'image'])
  })

  test('resources come back, and what is linked to can be read', async () => {
    const reference = (await call('everything_get-resource-reference', { resourceType: 'Blob', resourceId: 3 })).content[1]
    expect((reference as EmbeddedResource).resource.uri).toBe('demo://resource/dynamic/blob/3')
    const links = (await call('everything_get-resource-links', { count: 2 })).content.filter(isLink)
    expect(links).toHaveLength(2)
    for (const { uri } of links) {
      expect((await clients.get(wire)!.readResource({ uri })).contents[0]).toMatchObject({ uri, mimeType: expect.any(String) })
    }
  })

  test('a file is packed, and only what is configured stands in the environment', async () => {
    const data = `data:text/plain;base64,${Buffer.from('pack me').toString('base64')}`
    const { content } = await call('everything_gzip-file-as-resource', { name: `${wire}.gz`, data, outputType: 'resource' })
    const { blob } = (content[0] as EmbeddedResource).resource as { blob: string }
    expect(gunzipSync(Buffer.from(blob, 'base64')).toString()).toBe('pack me')
    const environment = JSON.parse(textOf(await call('everything_get-env'))) as Record<string, string>
    expect(Object.keys(environment)).toContain('PATH')
    expect(Object.keys(environment).filter((name) => /VITEST|NODE_ENV|npm_/.test(name))).toEqual([])
  })

  test('switches are switched on and off again', async () => {
    for (const what of ['everything_toggle-simulated-logging', 'everything_toggle-subscriber-updates']) {
      expect(textOf(await call(what))).toMatch(/^Started/)
      expect(textOf(await call(what))).toMatch(/^Stopped/)
    }
  })

  test('a long operation tells how far it is', async () => {
    const steps: number[] = []
    const result = await clients
      .get(wire)!
      .callTool({ name: 'everything_trigger-long-running-operation', arguments: { duration: 0.2, steps: 4 } }, undefined, {
        onprogress: ({ progress, total }) => void steps.push(progress / (total ?? 1)),
      })
    expect(textOf(result)).toContain('completed')
    // The last one may arrive in one piece with the answer, and then this client looks at the answer first.
    expect(steps.slice(0, 3)).toEqual([0.25, 0.5, 0.75])
  })

  test('resources, templates and prompts are listed, read and got', async () => {
    const client = clients.get(wire)!
    const { resources } = await client.listResources()
    const uri = 'demo://resource/static/document/architecture.md'
    expect(resources).toContainEqual(expect.objectContaining({ uri, name: 'architecture.md' }))
    expect((await client.readResource({ uri })).contents[0]).toMatchObject({ uri, text: expect.stringContaining('Everything') })
    const { resourceTemplates } = await client.listResourceTemplates()
    expect(resourceTemplates.map(({ uriTemplate }) => uriTemplate)).toContain('demo://resource/dynamic/text/{resourceId}')
    const { prompts } = await client.listPrompts()
    expect(prompts.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['everything_simple-prompt', 'everything_args-prompt']),
    )
    const { messages } = await client.getPrompt({ name: 'everything_args-prompt', arguments: { city: 'Tver' } })
    expect(messages[0]).toMatchObject({ content: { type: 'text', text: expect.stringContaining('Tver') } })
  })

  test('files are written, found, read and moved, in their folder and nowhere else', async () => {
    const path = join(folder, `${wire}.txt`)
    expect(textOf(await call('files_read_text_file', { path: join(folder, 'hello.txt') }))).toBe('grüß dich\n')
    await call('files_write_file', { path, content: 'first' })
    await call('files_edit_file', { path, edits: [{ oldText: 'first', newText: 'second' }] })
    expect(await readFile(path, 'utf8')).toBe('second')
    await call('files_move_file', { source: path, destination: `${path}.old` })
    expect(textOf(await call('files_list_directory', { path: folder }))).toContain(`[FILE] ${wire}.txt.old`)
    expect(textOf(await call('files_search_files', { path: folder, pattern: `${wire}*` }))).toBe(`${path}.old`)
    const outside = await call('files_read_text_file', { path: '/etc/passwd' })
    expect(outside.isError).toBe(true)
    expect(textOf(outside)).toContain('Access denied')
  })
})

const isLink = (block: CallToolResult['content'][number]): block is ResourceLink => block.type === 'resource_link'
