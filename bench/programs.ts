/** The servers beside ours that a run needs, bundled like our own: a loader at run time would add to their memory. */
import { join } from 'node:path'
import { build } from 'esbuild'
import { packageRoot } from '../app/root.ts'

const sources = {
  bare: 'bench/bare.ts',
  sdk: 'bench/sdk-server.ts',
  sdk2: 'bench/sdk2-server.ts',
  echo: 'bench/echo-server.ts',
}

/** Where each of them is. */
export type Programs = Readonly<Record<keyof typeof sources, string>>

/** Builds all of them into a directory. */
export async function bundlePrograms(directory: string): Promise<Programs> {
  await build({
    absWorkingDir: packageRoot,
    entryPoints: sources,
    outdir: directory,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    logLevel: 'warning',
    banner: { js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);" },
  })
  const built = (name: keyof Programs) => join(directory, `${name}.mjs`)
  return { bare: built('bare'), sdk: built('sdk'), sdk2: built('sdk2'), echo: built('echo') }
}
