/** A page to read and try the commands on. It is served whole from here, so it works without the internet. */
import { createReadStream, existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { Hono } from 'hono'
import { packed } from '../packed.ts'
import { packageRoot } from '../root.ts'
import type { Web } from '../yard.ts'

/** Swagger UI's files that the page needs, with their types; `npm run build` copies them to dist/docs. */
export const uiFiles: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css',
  'swagger-ui-bundle.js': 'text/javascript',
  'favicon-32x32.png': 'image/png',
}

/** Nothing from anywhere but here, and no script inside the page. */
const policy = "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'"

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Switchyard: commands</title>
<link rel="icon" href="docs/favicon-32x32.png">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="commands"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/page.js"></script>
</body>
</html>
`

/** Where a key is needed the page asks for it, keeps it in memory only, and sends it along. */
const script = `let key
const withKey = (headers) => (key ? { ...headers, authorization: 'Bearer ' + key } : headers)

// Whoever offers a tool describes it, and Swagger UI would read that as Markdown, with links and pictures in it.
const values = ['default', 'example', 'examples', 'enum', 'const']
function asText(value, name) {
  if (name === 'description' && typeof value === 'string') return value.replace(/[!-/:-@[-\`{-~]/g, '\\\\$&')
  if (typeof value !== 'object' || value === null || values.includes(name)) return value
  if (Array.isArray(value)) return value.map((each) => asText(each))
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, asText(each, key)]))
}

async function load() {
  const response = await fetch('openapi.json', { headers: withKey({}) })
  if (response.status === 401) {
    key = prompt(key ? 'This key is not accepted. Another one:' : 'API key:')
    if (key) return load()
  }
  if (!response.ok) {
    document.getElementById('commands').textContent = 'The commands could not be read: HTTP ' + response.status + '. Reload to try again.'
    return
  }
  const { info, ...said } = await response.json()
  const spec = { info, ...asText(said) }
  spec.servers = spec.servers.map(({ url }) => ({ url: new URL(url, location.href).href }))
  SwaggerUIBundle({
    spec,
    dom_id: '#commands',
    deepLinking: true,
    defaultModelsExpandDepth: 0,
    requestInterceptor: (request) => ({ ...request, headers: withKey(request.headers) }),
  })
}
load()
`

/** `/docs` and what it loads. */
export function openPage(): Web {
  const folder = findFolder()
  const app: Web = new Hono()
  app.use('/docs/*', packed)
  app.get('/docs', (context) => {
    if (!folder)
      return context.text('The page is not built: run "npm run build". The document itself is at /openapi.json.\n', 503)
    return context.html(page, 200, { 'content-security-policy': policy, 'cross-origin-opener-policy': 'same-origin' })
  })
  // Relative, so that it holds behind a proxy that takes a prefix away.
  app.get('/docs/', (context) => context.redirect('../docs'))
  app.get('/docs/page.js', (context) => context.body(script, 200, { 'content-type': 'text/javascript' }))
  // Each by its name: with /docs/:file beside /docs/page.js, Hono falls back on its slow router, for every path of the port.
  for (const [file, type] of Object.entries(uiFiles)) {
    app.get(`/docs/${file}`, (context) => {
      if (!folder) return context.notFound()
      const stream = Readable.toWeb(createReadStream(join(folder, file))) as ReadableStream<Uint8Array>
      return context.body(stream, 200, { 'content-type': type, 'cache-control': 'public, max-age=86400' })
    })
  }
  return app
}

/** Built, the files lie in dist/docs; in a checkout Swagger UI is a development dependency. */
function findFolder(): string | undefined {
  const built = join(packageRoot, 'dist', 'docs')
  if (existsSync(join(built, 'swagger-ui-bundle.js'))) return built
  try {
    return dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
  } catch {
    return undefined
  }
}
