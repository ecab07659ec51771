/** The one page that a person sees: who asks, and a form for the account. No script runs on it. */
import { html } from 'hono/html'

export interface SignInPage {
  /** The systems that one can sign in at. */
  readonly realms: readonly string[]
  /** Where the browser goes afterwards. */
  readonly redirectUri: string
  /** What the client asked, sent along with the account. */
  readonly asked: URLSearchParams
  readonly problem?: string
  readonly username?: string
  readonly realm?: string
}

const style = `
  :root { color-scheme: light dark; --line: #8885; --accent: #2563eb; --bad: #b91c1c; }
  @media (prefers-color-scheme: dark) { :root { --accent: #60a5fa; --bad: #f87171; } }
  body { font: 16px/1.5 system-ui, sans-serif; margin: 0; min-height: 100vh; display: grid; place-items: center; }
  main { width: min(22rem, calc(100vw - 3rem)); padding: 2rem 0; }
  h1 { font-size: 1.35rem; margin: 0 0 .5rem; }
  label { display: block; margin: 1rem 0 .25rem; font-weight: 600; }
  input, select, button { font: inherit; width: 100%; box-sizing: border-box; padding: .6rem .7rem; border-radius: .5rem; border: 1px solid var(--line); }
  button { margin-top: 1.5rem; background: var(--accent); color: Canvas; border: 0; font-weight: 600; cursor: pointer; }
  :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
  [role=alert] { color: var(--bad); border: 1px solid currentcolor; border-radius: .5rem; padding: .5rem .75rem; margin-top: 1rem; }
  small { opacity: .75; overflow-wrap: anywhere; }`

export function signInPage({ realms, redirectUri, asked, problem, username = '', realm }: SignInPage) {
  const hidden = [...asked].filter(([name]) => !['username', 'password', 'realm'].includes(name))
  return frame(
    'Sign in',
    html`<h1>Sign in</h1>
      <p>A program wants to use <strong>${realm ?? realms.join(', ')}</strong> in your name. It will see and do what your account may.</p>
      ${problem === undefined ? '' : html`<p role="alert">${problem}</p>`}
      <form method="post">
        ${hidden.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
        ${
          realms.length === 1
            ? html`<input type="hidden" name="realm" value="${realms[0]}">`
            : html`<label for="realm">System</label>
              <select id="realm" name="realm">${realms.map((name) => html`<option ${name === realm ? 'selected' : ''}>${name}</option>`)}</select>`
        }
        <label for="username">Account</label>
        <input id="username" name="username" value="${username}" autocomplete="username" required autofocus>
        <label for="password">Password</label>
        <input id="password" name="password" type="password" autocomplete="current-password">
        <button>Sign in</button>
      </form>
      <p><small>Afterwards the browser goes to ${destination(redirectUri)}. Sign in only if you have just asked a program to connect.</small></p>`,
  )
}

export const problemPage = (problem: string) =>
  frame('Not possible', html`<h1>This does not work</h1><p role="alert">${problem}</p>`)

/** The part of an address that says who gets the answer. */
function destination(redirectUri: string): string {
  const { protocol, host } = new URL(redirectUri)
  return host ? `${protocol}//${host}` : protocol
}

const frame = (title: string, body: ReturnType<typeof html>) => html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}: Switchyard</title>
<style>${style}</style></head><body><main>${body}</main></body></html>`
