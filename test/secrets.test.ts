/** What is promised about secrets in texts: they are found in every form, at any place, and what is no secret stays as it is. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isSecretWord } from '../app/config/mask.ts'
import { keepable, redacted, shortened } from '../app/redact.ts'
import { createSecrets, masked, secrets as ours } from '../app/secrets.ts'

const secret = 'Zq7/ü+ "x" & 9~k'
const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U'

function with_(...values: string[]) {
  const secrets = createSecrets()
  secrets.add(values)
  return secrets
}

describe('the value of a secret', () => {
  test.each([
    ['as it is', secret],
    ['in JSON', JSON.stringify({ a: secret })],
    ['in a URL', `https://host/?a=${encodeURIComponent(secret)}&b=1`],
    ['in a URL, with small digits', `a=${encodeURIComponent(secret).toLowerCase().replace('zq7', 'Zq7')}`],
    ['in a form', new URLSearchParams({ a: secret }).toString()],
  ])('%s is masked', (_, text) => {
    const shown = with_(secret).mask(text)
    expect(shown).toContain(masked)
    expect(shown).not.toContain('Zq7')
  })

  test('in Base64 is masked wherever it stands in it, in both alphabets, with the whole that it is a part of', () => {
    const long = 'S3cret-of-some-length?>'
    for (const before of ['', 'u', 'us', 'use', 'user:']) {
      for (const after of ['', 'x', 'xy', 'xyz']) {
        for (const alphabet of ['base64', 'base64url'] as const) {
          const text = Buffer.from(before + long + after).toString(alphabet)
          expect(with_(long).mask(`Basic, ${text}, and so on`)).toBe(`Basic, ${masked}, and so on`)
        }
      }
    }
  })

  test('in the Basic credentials of an OAuth client, which has it as forms do in Base64, is masked', () => {
    const long = 'S3cret+of some/length?>'
    for (const half of [encodeURIComponent(long), new URLSearchParams({ '': long }).toString().slice(1)])
      for (const before of ['', 'u', 'us', 'use:'])
        expect(with_(long).mask(`said ${Buffer.from(before + half).toString('base64')}, and so on`)).toBe(
          `said ${masked}, and so on`,
        )
  })

  test('of another that begins like it is masked as a whole', () => {
    expect(with_('abcdefgh', 'abcdefgh-and-more').mask('<abcdefgh-and-more><abcdefgh>')).toBe(`<${masked}><${masked}>`)
  })

  test('is found in any text at any place, and everything around it stays', () => {
    const word = fc.string({ minLength: 8, maxLength: 40 })
    const around = fc.string({ maxLength: 60 })
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 20 }), around, around, fc.nat(), (values, before, after, which) => {
        const secrets = with_(...values)
        const value = values[which % values.length]!
        expect(secrets.mask(before + value + after)).not.toContain(value)
      }),
    )
    fc.assert(
      fc.property(fc.stringMatching(/^[a-f ]*$/), (text) => {
        expect(with_('hhhhhhhhhh', 'jjjjjjjjjjjj').mask(text)).toBe(text)
      }),
    )
  })

  test('that is too short, or a word of ours, does not take texts apart', () => {
    const secrets = with_('root', 'switchyard', 'Password')
    expect(secrets.mask('root: password of switchyard')).toBe('root: password of switchyard')
  })

  test('that passes is kept until a thousand others came', () => {
    const secrets = createSecrets()
    secrets.add(['for-ever-and-ever'])
    secrets.addPassing(Array.from({ length: 1_001 }, (_, index) => `passing-${1_000 + index}-`))
    expect(secrets.mask('for-ever-and-ever passing-1000- passing-1001-')).toBe(`${masked} passing-1000- ${masked}`)
  })
})

describe('what looks like a secret', () => {
  test.each([
    ['an API key', `swk_AbCdEfG1_${'0aZ'.repeat(12)}`],
    ['a token of ours', `swt_${'0aZ_-'.repeat(8)}`],
    ['a token for new ones', `swr_${'0aZ_-'.repeat(8)}`],
    ['a code', `swc_${'0aZ_-'.repeat(8)}`],
    ['a JWT', jwt],
  ])('%s is masked', (_, text) => {
    expect(createSecrets().mask(`see ${text}, please`)).toBe(`see ${masked}, please`)
  })

  test.each([`swk_AbCdEfG1_${'0aZ'.repeat(12)}`, ...['swt_', 'swr_', 'swc_'].map((begins) => begins + '0aZ_-'.repeat(8)), jwt])(
    '%s in Base64 is masked wherever it stands in it, with the whole that it is a part of',
    (text) => {
      const secrets = createSecrets()
      for (const before of ['', 'u', 'us', 'use', 'user:'])
        for (const alphabet of ['base64', 'base64url'] as const)
          for (const around of [
            ['(', ')'],
            ['a=', ''],
            ['ab/', ','],
          ] as const) {
            const packed = around.join(Buffer.from(before + text).toString(alphabet))
            const shown = secrets.mask(`see ${packed} and so on`)
            expect(shown).toMatch(/^see \(?\*{6}[),]? and so on$/)
          }
    },
  )

  test('what only begins like one in Base64 stays, however often it does', () => {
    const text = 'c3drX leU'.repeat(30_000) + 'leUleU'.repeat(30_000)
    expect(createSecrets().mask(text)).toBe(text)
  })

  test.each([
    ['connect postgres://robot:pw@host/base failed', `connect postgres://robot:${masked}@host/base failed`],
    ['redis://:hunter2@host', `redis://:${masked}@host`],
    ['Authorization: Bearer Abc123Abc123.x', `Authorization: Bearer ${masked}`],
    ['authorization: basic dXNlcjpwdw==', `authorization: basic ${masked}`],
    ['-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----', masked],
    ['{"pem":"-----BEGIN EC PRIVATE KEY-----\\nMIIB\\n-----END EC PRIVATE KEY-----\\n"}', `{"pem":"${masked}"}`],
  ])('%s', (text, shown) => {
    expect(createSecrets().mask(text)).toBe(shown)
  })

  test.each([
    'Basic authentication is used, a Bearer credential is missing',
    'Bearer resource_metadata="https://host/.well-known/oauth-protected-resource"',
    'http://host:9090/a@b',
    'swk_short',
  ])('%s stays', (text) => {
    expect(createSecrets().mask(text)).toBe(text)
  })
})

describe('what is kept', () => {
  test('has no secret by name or by value at any depth, in names neither, nor in a text that is JSON', () => {
    ours.add(['the-value-of-one'])
    const kept = keepable(
      {
        a: [{ password: 'x', deep: { 'the-value-of-one': ['says the-value-of-one here'] } }],
        text: JSON.stringify({ user: 'ann', api_key: 'short', note: 'fine' }),
      },
      10_000,
    )
    expect(JSON.parse(kept)).toEqual({
      a: [{ password: masked, deep: { [masked]: [`says ${masked} here`] } }],
      text: `{"user":"ann","api_key":"${masked}","note":"fine"}`,
    })
  })

  test('has no half of a secret where a text is cut', () => {
    ours.add(['cut-in-the-middle-of-it'])
    for (let room = 1; room < 40; room++) {
      const text = shortened(`0123456789cut-in-the-middle-of-it${'.'.repeat(50)}`, room)
      expect(text).not.toContain('cut')
      expect(text.length).toBe(room)
    }
  })

  test('of a log line has errors as they were, for whoever writes them down', () => {
    const error = new Error('x')
    expect(redacted({ error, headers: { authorization: 'Bearer x' } })).toEqual({ error, headers: { authorization: masked } })
  })
})

describe('a value in a configuration is a secret by its name', () => {
  test.each(
    'API_KEY TOKEN DB_PASSWORD DB_PASS SMTP_PASS dbPass MYSQL_PWD SSH_PASSPHRASE GITHUB_PAT pat SENTRY_DSN BEARER Cookie Authorization'.split(
      ' ',
    ),
  )('%s', (name) => {
    expect(isSecretWord(name)).toBe(true)
  })

  test.each('PATH PWD PATTERN HOME LANG BYPASS_CACHE COMPASS_HOME PASSIVE DATABASE_HOST'.split(' '))(
    '%s does not say so',
    (name) => {
      expect(isSecretWord(name)).toBe(false)
    },
  )
})
