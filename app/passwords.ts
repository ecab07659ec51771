/** Passwords become hashes that cost an attacker 32 MiB and a tenth of a second each, and cost us no more than two of those at a time. */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { Failure } from './errors.ts'

export const shortestPassword = 12
const longestPassword = 1_000

const cost = { N: 2 ** 15, r: 8, p: 3 }
const atOnce = 2

/** @returns `scrypt$N$r$p$salt$hash`, salt and hash in base64url */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const hash = await derive(password, salt, 32, cost)
  return ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64url'), hash.toString('base64url')].join('$')
}

/**
 * Compares in constant time.
 * @param stored undefined where nobody has that name: the answer is no, and takes as long as any other
 */
export async function checkPassword(password: string, stored: string | undefined): Promise<boolean> {
  const [, N, r, p, salt, hash] = (stored ?? (await nobodysHash())).split('$')
  const expected = Buffer.from(hash!, 'base64url')
  const given = await derive(password, Buffer.from(salt!, 'base64url'), expected.length, {
    N: Number(N),
    r: Number(r),
    p: Number(p),
  })
  return timingSafeEqual(given, expected) && stored !== undefined
}

/** @throws Failure `invalid_params` with what would be right */
export function checkNewPassword(password: string, name: string): void {
  const wrong = (message: string) => new Failure('invalid_params', message, { data: { field: 'password' } })
  const length = [...password].length
  if (length < shortestPassword) throw wrong(`the password must have at least ${shortestPassword} characters, it has ${length}`)
  if (length > longestPassword) throw wrong(`the password must have at most ${longestPassword} characters, it has ${length}`)
  if (new Set(password).size < 4) throw wrong('the password repeats the same few characters: choose one that is harder to guess')
  if (password.toLowerCase().includes(name.toLowerCase()) && length - name.length < 8) {
    throw wrong('the password is little more than the name: choose one that is harder to guess')
  }
}

let nobody: Promise<string> | undefined
const nobodysHash = () => (nobody ??= hashPassword(randomBytes(16).toString('base64url')))

let running = 0
const waiting: (() => void)[] = []

async function derive(password: string, salt: Buffer, length: number, { N, r, p }: typeof cost): Promise<Buffer> {
  if (running >= atOnce) await new Promise<void>((go) => waiting.push(go))
  else running++
  try {
    return await new Promise((resolve, reject) => {
      // One person's keyboard composes an umlaut, the next one's does not: NFKC makes both the same password.
      scrypt(password.normalize('NFKC'), salt, length, { N, r, p, maxmem: 256 * N * r }, (error, key) =>
        error ? reject(error) : resolve(key),
      )
    })
  } finally {
    const next = waiting.shift()
    if (next) next()
    else running--
  }
}
