/** The secret of a server that was given none: random, made once, in a file that only its owner can read. */
import { randomBytes } from 'node:crypto'
import { link, mkdir, readFile, stat, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { opennessOf } from '../config/secret-file.ts'
import { Failure } from '../errors.ts'
import { secrets } from '../secrets.ts'

const name = 'secret.key'
const length = 32

/**
 * What the file in this directory holds; made where there is none. Several processes may ask at once.
 * @throws Failure `failed` where it can neither be read nor made
 */
export async function keyFileIn(directory: string): Promise<Buffer> {
  const file = join(directory, name)
  try {
    return await existing(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw unusable(file, error)
  }
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    await writeFile(draft, randomBytes(length), { mode: 0o600, flag: 'wx' })
    // A link appears whole or not at all, and whoever comes second takes the first one's.
    await link(draft, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
    return await existing(file)
  } catch (error) {
    throw unusable(file, error)
  } finally {
    await unlink(draft).catch(() => {})
  }
}

async function existing(file: string): Promise<Buffer> {
  const bytes = await readFile(file)
  const open = opennessOf(file, (await stat(file)).mode)
  if (open) throw new Error(`it ${open}`)
  secrets.add([bytes.toString('base64'), bytes.toString('hex')])
  if (bytes.length !== length) throw new Error(`it has ${bytes.length} bytes in place of ${length}`)
  return bytes
}

function unusable(file: string, cause: unknown): Failure {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new Failure(
    'failed',
    `sign-ins cannot be kept, because ${file} cannot be used (${reason}): set SECRET_KEY, or mend the file`,
    {
      cause,
    },
  )
}
