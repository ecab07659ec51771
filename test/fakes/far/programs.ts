/** The servers behind us as programs, bundled so that one begins quickly: there is one for each client. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { packageRoot } from '../../../app/root.ts'
import type { FarEra } from './http.ts'

export interface Programs {
  /** As in the configuration. @param scheme of its URIs */
  config(era: FarEra, scheme?: string): { command: string; args: string[] }
  remove(): Promise<void>
}

export async function buildPrograms(): Promise<Programs> {
  const folder = await mkdtemp(join(tmpdir(), 'switchyard-far-'))
  await build({
    entryPoints: ['session', 'modern'].map((era) => join(packageRoot, 'test', 'fakes', 'far', `${era}-stdio.ts`)),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)" },
    logLevel: 'error',
  })
  return {
    config: (era, scheme = 'far') => ({ command: process.execPath, args: [join(folder, `${era}-stdio.mjs`), scheme] }),
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}
