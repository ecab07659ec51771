/** A password from whoever types it, or from a pipe: never from the command line, which others on the machine can read. */
import { text } from 'node:stream/consumers'
import { WrongUse } from './read.ts'

/** @returns all that comes on stdin, without the end of its last line */
export async function secretFromStdin(input: NodeJS.ReadableStream): Promise<string> {
  const secret = (await text(input)).replace(/\r?\n$/, '')
  if (secret === '') throw new WrongUse('nothing came on stdin: send the password there')
  return secret
}

/** Asks twice, and shows nothing of what is typed. @throws WrongUse where nobody can be asked, or the two differ */
export async function askSecret(input: NodeJS.ReadStream, output: NodeJS.WriteStream): Promise<string> {
  if (!input.isTTY) throw new WrongUse('there is no terminal to ask for the password: send it on stdin with --password-stdin')
  const first = await readHidden(input, output, 'New password: ')
  const second = await readHidden(input, output, 'Once more: ')
  if (first !== second) throw new WrongUse('the two passwords differ')
  return first
}

function readHidden(input: NodeJS.ReadStream, output: NodeJS.WriteStream, prompt: string): Promise<string> {
  output.write(prompt)
  input.setRawMode(true)
  input.resume()
  input.setEncoding('utf8')
  return new Promise((resolve, reject) => {
    let typed = ''
    const done = (settle: () => void) => {
      input.off('data', hear)
      input.setRawMode(false)
      input.pause()
      output.write('\n')
      settle()
    }
    function hear(characters: string): void {
      for (const character of characters) {
        if (character === '\r' || character === '\n') return done(() => resolve(typed))
        // Ctrl-C, and Ctrl-D.
        if (character === '\x03' || character === '\x04') return done(() => reject(new WrongUse('no password was given')))
        typed = character === '\x7f' || character === '\b' ? typed.slice(0, -1) : typed + character
      }
    }
    input.on('data', hear)
  })
}
