/** The exchange over a directory of this machine, or one that is mounted here. */
import { access, constants, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Exchange, mostBytes, TooLarge } from './exchange.ts'

export function openFolder(directory: string): Exchange {
  const requests = join(directory, 'in')
  const answers = join(directory, 'out')
  const removed = (path: string) =>
    rm(path).then(
      () => true,
      () => false,
    )

  return {
    place: `the directory ${directory}`,
    async ready() {
      await access(directory, constants.R_OK | constants.W_OK)
      await mkdir(requests, { recursive: true })
      await mkdir(answers, { recursive: true })
    },
    /** Under another name first: whoever looks for `*.json` must not find half a request. */
    async put(file, text) {
      const place = join(requests, file)
      const unfinished = place.replace(/\.json$/, '.tmp')
      await writeFile(unfinished, text, { encoding: 'utf8', mode: 0o660 })
      await rename(unfinished, place)
    },
    async take(file) {
      const place = join(answers, file)
      try {
        const { size } = await stat(place)
        if (size > mostBytes) throw new TooLarge(size)
        return await readFile(place, 'utf8')
      } catch (error) {
        if (error instanceof TooLarge) throw error
        return undefined
      }
    },
    async remove(file) {
      await Promise.all([removed(join(requests, file)), removed(join(answers, file))])
    },
    removeAnswer: (file) => removed(join(answers, file)),
    close() {},
  }
}
