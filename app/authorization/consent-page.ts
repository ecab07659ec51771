/** The page where a person says what a client may do in their name: who it is, as far as anybody knows, and where its code goes. */
import { html } from 'hono/html'
import type { Scope } from '../call.ts'
import { isLoopback } from '../loopback.ts'
import type { Question } from './consent.ts'
import { destination, frame, type Html } from './frame.ts'

const inWords: Record<Scope, readonly [string, string]> = {
  read: ['See what there is', 'Lists of tools, files and prompts, and what stands in them.'],
  call: ['Call tools', 'Run what you may run here. That may change things in the systems behind this server.'],
  admin: ['Manage this server', 'Keys, upstreams and settings. Only for a program that you trust as you trust yourself.'],
  register: ['Register servers', 'Offer tools of its own here.'],
}

/** @param sealed the question, to come back with the answer */
export function consentPage({ user, ask, scopes }: Question, sealed: string): Html {
  const name = ask.client.name === undefined ? 'a program without a name' : `“${ask.client.name}”`
  const isNear = isLoopback(new URL(ask.redirectUri).hostname)
  return frame(
    'Allow',
    html`<h1>Let ${name} act in your name?</h1>
      <dl>
        <dt>Program</dt><dd>${vouched(ask.client)}</dd>
        <dt>The answer goes to</dt><dd><strong>${destination(ask.redirectUri)}</strong>${
          isNear ? html`<br><small>a program on the computer that you sit at</small>` : ''
        }</dd>
        <dt>You</dt><dd>${user.name} (${user.role})</dd>
      </dl>
      <form method="post" action="authorize/consent">
        <input type="hidden" name="consent" value="${sealed}">
        <fieldset><legend>It may</legend>${scopes.map(tick)}</fieldset>
        <div class="pair">
          <button class="no" name="decision" value="deny">Deny</button>
          <button name="decision" value="allow">Allow</button>
        </div>
      </form>
      <p><small>Allow it only if you have just asked this program to connect. You can take it back at any time, in the panel under Connected apps.</small></p>`,
  )
}

/** What may break most is never given by a hasty click. */
const tick = (scope: Scope): Html =>
  html`<label class="tick"><input type="checkbox" name="scope" value="${scope}" ${
    scope === 'admin' ? '' : 'checked'
  }><span><strong>${inWords[scope][0]}</strong><br><small>${inWords[scope][1]}</small></span></label>`

function vouched({ id, kind }: Question['ask']['client']): Html {
  if (kind === 'document') return html`described by <strong>${new URL(id).host}</strong>`
  return html`registered itself: nobody has checked its name`
}
