/** The page where a person signs in: who asks, and a form for the account. */
import { html } from 'hono/html'
import type { Ask } from './ask.ts'
import { destination, frame, type Html } from './frame.ts'
import { ownRealm } from './words.ts'

export interface SignInPage {
  /** Where one can have an account. */
  readonly realms: readonly string[]
  readonly ask: Ask
  /** What the client asked, sent along with the account. */
  readonly asked: URLSearchParams
  readonly problem?: string
  readonly username?: string
  readonly realm?: string
}

export function signInPage({ realms, ask, asked, problem, username = '', realm = realms[0] }: SignInPage): Html {
  const hidden = [...asked].filter(([name]) => !['username', 'password', 'realm'].includes(name))
  const own = realms.length === 1 && realms[0] === ownRealm
  return frame(
    'Sign in',
    html`<h1>Sign in</h1>
      <p>${said(ask)} wants to use <strong>${own ? 'Switchyard' : realms.map(nameOf).join(', ')}</strong> in your name. ${
        own ? 'You choose next what it may do.' : 'It will see and do what your account may.'
      }</p>
      ${problem === undefined ? '' : html`<p role="alert">${problem}</p>`}
      <form method="post">
        ${hidden.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
        ${
          realms.length === 1
            ? html`<input type="hidden" name="realm" value="${realms[0]}">`
            : html`<label for="realm">Account of</label>
              <select id="realm" name="realm">${realms.map(
                (name) => html`<option value="${name}" ${name === realm ? 'selected' : ''}>${nameOf(name)}</option>`,
              )}</select>`
        }
        <label for="username">Account</label>
        <input id="username" name="username" value="${username}" autocomplete="username" required autofocus>
        <label for="password">Password</label>
        <input id="password" name="password" type="password" autocomplete="current-password">
        <button>Sign in</button>
      </form>
      <p><small>Afterwards the browser goes to ${destination(ask.redirectUri)}. Sign in only if you have just asked a program to connect.</small></p>`,
  )
}

const nameOf = (realm: string): string => (realm === ownRealm ? 'Switchyard' : realm)

/** Nobody has checked what a program calls itself. */
const said = ({ client }: Ask): Html | string =>
  client.name === undefined ? 'A program' : html`A program that calls itself <strong>${client.name}</strong>`

export const problemPage = (problem: string): Html =>
  frame('Not possible', html`<h1>This does not work</h1><p role="alert">${problem}</p>`)
