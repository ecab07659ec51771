/** Says what in a document is not OpenAPI 3.0, after its specification: as much of it as our documents use. */

type Node = Record<string, unknown>

const methods = new Set(['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'])
const types = new Set(['string', 'integer', 'number', 'boolean', 'array', 'object'])
const schemaWords = new Set(
  (
    'title multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern maxItems minItems uniqueItems ' +
    'maxProperties minProperties required enum type not allOf oneOf anyOf items properties additionalProperties description format ' +
    'default nullable discriminator readOnly writeOnly example externalDocs deprecated xml x-use-queue'
  ).split(' '),
)
const shapes: Record<string, (value: unknown) => boolean> = {
  type: (value) => types.has(value as string),
  nullable: isFlag,
  exclusiveMinimum: isFlag,
  exclusiveMaximum: isFlag,
  uniqueItems: isFlag,
  required: (value) =>
    isList(value) && value.length > 0 && value.every((name) => typeof name === 'string') && new Set(value).size === value.length,
  enum: (value) => isList(value) && value.length > 0,
  minimum: (value) => typeof value === 'number',
  maximum: (value) => typeof value === 'number',
  minLength: isCount,
  maxLength: isCount,
  minItems: isCount,
  maxItems: isCount,
  description: (value) => typeof value === 'string',
  title: (value) => typeof value === 'string',
  format: (value) => typeof value === 'string',
  pattern: (value) => typeof value === 'string',
}

/** @returns one sentence for each problem */
export function openapiProblems(document: Node): string[] {
  const problems: string[] = []
  const say = (where: string, what: string): void => {
    problems.push(`${where}: ${what}`)
  }

  only(document, '#', ['openapi', 'info', 'servers', 'security', 'tags', 'paths', 'components'], ['openapi', 'info', 'paths'])
  if (!/^3\.0\.\d$/.test(String(document.openapi))) say('#/openapi', String(document.openapi))
  only(document.info as Node, '#/info', ['title', 'version', 'description'], ['title', 'version'])
  checkTags()
  checkPaths()
  checkComponents()
  return problems

  function only(node: Node, where: string, allowed: readonly string[], required: readonly string[] = []): void {
    for (const word of Object.keys(node)) if (!allowed.includes(word)) say(where, `unknown member ${word}`)
    for (const word of required) if (node[word] === undefined) say(where, `${word} is missing`)
  }

  function checkTags(): void {
    const names = ((document.tags ?? []) as Node[]).map(({ name }) => name)
    if (new Set(names).size !== names.length) say('#/tags', 'a name stands twice')
  }

  function checkPaths(): void {
    const operations = new Set<unknown>()
    for (const [path, item] of Object.entries(document.paths as Record<string, Node>)) {
      if (!path.startsWith('/')) say(`#/paths ${path}`, 'does not begin with /')
      for (const [method, operation] of Object.entries(item as Record<string, Node>)) {
        const where = `${method} ${path}`
        if (!methods.has(method)) say(where, 'unknown method')
        only(
          operation,
          where,
          ['operationId', 'tags', 'summary', 'description', 'requestBody', 'responses', 'security'],
          ['responses'],
        )
        if (operations.has(operation.operationId)) say(where, `operationId ${operation.operationId} stands twice`)
        operations.add(operation.operationId)
        checkBodies(operation, where)
      }
    }
  }

  function checkBodies({ requestBody, responses }: Node, where: string): void {
    if (requestBody) {
      only(requestBody as Node, `${where} requestBody`, ['required', 'content', 'description'], ['content'])
      checkContent(requestBody as Node, where)
    }
    for (const [status, response] of Object.entries(responses as Record<string, Node>)) {
      if (!/^([1-5]\d\d|default)$/.test(status)) say(where, `response ${status}`)
      only(response, `${where} ${status}`, ['description', 'content', 'headers'], ['description'])
      checkContent(response, `${where} ${status}`)
    }
  }

  function checkContent({ content }: Node, where: string): void {
    for (const media of Object.values((content ?? {}) as Record<string, Node>)) {
      only(media, where, ['schema', 'example', 'examples'])
      checkSchema(media.schema, where)
    }
  }

  function checkComponents(): void {
    const { schemas = {}, securitySchemes = {} } = (document.components ?? {}) as Record<string, Record<string, Node>>
    for (const name of [...Object.keys(schemas), ...Object.keys(securitySchemes)]) {
      if (!/^[a-zA-Z0-9.\-_]+$/.test(name)) say('#/components', `the name ${name} is not allowed`)
    }
    for (const [name, schema] of Object.entries(schemas)) checkSchema(schema, `#/components/schemas/${name}`)
    for (const requirement of (document.security ?? []) as Node[]) {
      for (const name of Object.keys(requirement)) if (!securitySchemes[name]) say('#/security', `${name} is not defined`)
    }
  }

  function checkSchema(schema: unknown, where: string): void {
    if (typeof schema !== 'object' || schema === null || isList(schema))
      return say(where, `a schema is an object, got ${JSON.stringify(schema)}`)
    const node = schema as Node
    if (typeof node.$ref === 'string') return checkReference(node, where)
    for (const [word, value] of Object.entries(node)) {
      if (!schemaWords.has(word)) say(where, `unknown keyword ${word}`)
      else if (shapes[word] && !shapes[word](value)) say(where, `${word} may not be ${JSON.stringify(value)}`)
    }
    if (node.type === 'array' && node.items === undefined) say(where, 'a list without items')
    for (const [name, part] of Object.entries((node.properties ?? {}) as Node)) checkSchema(part, `${where}/properties/${name}`)
    for (const word of ['allOf', 'oneOf', 'anyOf']) checkChoices(node[word], `${where}/${word}`)
    for (const word of ['items', 'not']) if (node[word] !== undefined) checkSchema(node[word], `${where}/${word}`)
    if (node.additionalProperties !== undefined && !isFlag(node.additionalProperties))
      checkSchema(node.additionalProperties, `${where}/additionalProperties`)
    if (node.discriminator) checkDiscriminator(node.discriminator as Node, where)
  }

  function checkChoices(choices: unknown, where: string): void {
    if (choices === undefined) return
    if (!isList(choices) || choices.length === 0) return say(where, 'must be a list of schemas')
    for (const [index, choice] of choices.entries()) checkSchema(choice, `${where}/${index}`)
  }

  function checkDiscriminator({ propertyName, mapping = {} }: Node, where: string): void {
    if (typeof propertyName !== 'string') say(where, 'a discriminator has a propertyName')
    for (const reference of Object.values(mapping as Record<string, string>))
      checkReference({ $ref: reference }, `${where}/discriminator`)
  }

  function checkReference(node: Node, where: string): void {
    if (Object.keys(node).length > 1) say(where, 'something stands beside $ref')
    let target: unknown = document
    for (const step of String(node.$ref).replace(/^#\//, '').split('/')) target = (target as Node | undefined)?.[step]
    if (target === undefined) say(where, `${node.$ref} leads nowhere`)
  }
}

function isFlag(value: unknown): boolean {
  return typeof value === 'boolean'
}
function isCount(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0
}
function isList(value: unknown): value is unknown[] {
  return Array.isArray(value)
}
