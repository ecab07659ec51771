/** The servers that we compare ourselves with, bundled like our own: a loader at run time would add to their memory. */
import { join } from 'node:path'
import { build } from 'esbuild'
import { packageRoot } from '../app/root.ts'

/** Where the two programs are. */
export interface Programs {
  readonly bare: string
  readonly sdk: string
}

/** Builds both into a directory. */
export async function bundlePrograms(directory: string): Promise<Programs> {
  await build({
    absWorkingDir: packageRoot,
    entryPoints: { bare: 'bench/bare.ts', sdk: 'bench/sdk-server.ts' },
    outdir: directory,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    logLevel: 'warning',
    banner: { js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);" },
  })
  return { bare: join(directory, 'bare.mjs'), sdk: join(directory, 'sdk.mjs') }
}
