/** Makes dist/: the bundled server, the panel, the pages of /docs, and the data directory that a first start is copied from. */
import { cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build as bundle } from 'esbuild'
import { build as vite } from 'vite'
import { packageRoot } from '../app/root.ts'
import { sourcesHash, stampFile } from './stamp.mjs'
import { makeTemplate } from './template.ts'

const dist = join(packageRoot, 'dist')
const inDist = (...path: string[]) => join(dist, ...path)

/** What is loaded from node_modules at run time: PGlite brings files of its own; of jiti, a compiler, and of the client that signs in most never need anything. */
const external = ['@electric-sql/pglite', '@modelcontextprotocol/client', 'jiti']

async function step(name: string, work: () => Promise<unknown>): Promise<void> {
  const began = Date.now()
  process.stderr.write(`build: ${name} ...`)
  await work()
  process.stderr.write(` ${((Date.now() - began) / 1000).toFixed(1)} s\n`)
}

const server = () =>
  bundle({
    absWorkingDir: packageRoot,
    entryPoints: {
      main: 'main.ts',
      'embedded-worker': 'app/store/embedded-worker.ts',
      'openapi-thread': 'app/upstreams/openapi/thread.ts',
    },
    outdir: dist,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    external,
    sourcemap: 'linked',
    logLevel: 'warning',
    // CommonJS packages inside an ESM bundle still ask for `require`.
    banner: {
      js: "import { createRequire as createRequireOf } from 'node:module'; const require = createRequireOf(import.meta.url);",
    },
  })

async function docsPages(): Promise<void> {
  await mkdir(inDist('docs'), { recursive: true })
  const from = join(packageRoot, 'node_modules', 'swagger-ui-dist')
  for (const file of ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png', 'LICENSE']) {
    await cp(join(from, file), inDist('docs', file))
  }
}

// Taken first: what is changed while this runs is not in the bundle, and has to be built the next time.
const stamp = sourcesHash()
await rm(dist, { recursive: true, force: true })
await step('server', server)
await step('panel', () => vite({ configFile: join(packageRoot, 'admin', 'panel', 'vite.config.ts'), logLevel: 'warn' }))
await step('docs', docsPages)
await step('database template', () => makeTemplate(inDist('template.tar.gz')))
await writeFile(stampFile, stamp)
