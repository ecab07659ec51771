/** Values that exist nowhere else, and a look for them in all that comes out, in whatever form. */
import { randomBytes } from 'node:crypto'
import { expect } from 'vitest'

/** With characters that every encoding writes in its own way. */
export const canary = (name: string): string => `canary ${name}/+?&"~${randomBytes(9).toString('base64')}`.replaceAll(' ', '-')

/** For headers, which have fewer characters. */
export const plainCanary = (name: string): string => `canary-${name}-${randomBytes(12).toString('base64url')}`

/** As it is, in JSON, in a URL and in a form, and in Base64, wherever it may stand in that; Basic credentials have a form in Base64. */
export function formsOf(secret: string): string[] {
  const encoded = [encodeURIComponent(secret), new URLSearchParams([['', secret]]).toString().slice(1), asPassword(secret)]
  const packed = [secret, ...encoded].flatMap((text) => [0, 1, 2].flatMap((shift) => inBase64(text, shift)))
  return [...new Set([secret, JSON.stringify(secret).slice(1, -1), ...encoded, ...packed])]
}

/** As a URL has it in front of its host. */
function asPassword(secret: string): string {
  const url = new URL('http://host')
  url.password = secret
  return url.password
}

/** What stands for this text alone, with so many bytes before it; in both alphabets. */
function inBase64(text: string, shift: number): string[] {
  const bytes = Buffer.concat([Buffer.alloc(shift), Buffer.from(text)])
  const inner = bytes.toString('base64').slice(4, -4)
  return [inner, inner.replaceAll('+', '-').replaceAll('/', '_')]
}

/** Everything that came out, by where. */
export class Ledger {
  readonly #secrets: Record<string, string>
  #out: [where: string, text: string][] = []

  /** @param secrets by what they are called where one is found; more may be put into it */
  constructor(secrets: Record<string, string>) {
    this.#secrets = secrets
  }

  keep(where: string, text: string): void {
    this.#out.push([where, text])
  }

  /** Headers too. */
  async keepAnswer(where: string, response: Response): Promise<void> {
    this.keep(where, `${response.status} ${JSON.stringify([...response.headers])} ${await response.text()}`)
  }

  /** Looks at what was kept since the last look. */
  expectNone(): void {
    const out = this.#out
    this.#out = []
    const forms = Object.entries(this.#secrets).map(([name, secret]) => [name, formsOf(secret)] as const)
    const seen = out.flatMap(([where, text]) =>
      forms.flatMap(([name, all]) =>
        all
          .filter((form) => text.includes(form))
          .map(
            (form) => `${name} in ${where}: ...${text.slice(Math.max(0, text.indexOf(form) - 80), text.indexOf(form) + 40)}...`,
          ),
      ),
    )
    expect(seen).toEqual([])
  }
}
