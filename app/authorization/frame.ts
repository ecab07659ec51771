/** What all pages of the authorization server look like. No script runs on them, and nothing is loaded. */
import { html } from 'hono/html'

export type Html = ReturnType<typeof html>

const style = `
  :root { color-scheme: light dark; --line: #8885; --soft: #8881; --accent: #2563eb; --bad: #b91c1c; }
  @media (prefers-color-scheme: dark) { :root { --accent: #60a5fa; --bad: #f87171; } }
  body { font: 16px/1.5 system-ui, sans-serif; margin: 0; min-height: 100vh; display: grid; place-items: center; }
  main { width: min(25rem, calc(100vw - 3rem)); padding: 2rem 0; overflow-wrap: anywhere; }
  h1 { font-size: 1.35rem; line-height: 1.3; margin: 0 0 .5rem; }
  label { display: block; margin: 1rem 0 .25rem; font-weight: 600; }
  input, select, button { font: inherit; width: 100%; box-sizing: border-box; padding: .6rem .7rem; border-radius: .5rem; border: 1px solid var(--line); }
  button { margin-top: 1.5rem; background: var(--accent); color: Canvas; border-color: transparent; font-weight: 600; cursor: pointer; }
  button.no { background: transparent; color: inherit; border-color: var(--line); }
  :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
  [role=alert] { color: var(--bad); border: 1px solid currentcolor; border-radius: .5rem; padding: .5rem .75rem; margin-top: 1rem; }
  small { opacity: .75; }
  dl { margin: 1rem 0; padding: .75rem 1rem; background: var(--soft); border-radius: .5rem; }
  dt { font-size: .85rem; opacity: .75; }
  dd { margin: 0 0 .6rem; } dd:last-child { margin: 0; }
  dd strong { font-size: 1.05rem; }
  fieldset { border: 0; padding: 0; margin: 1rem 0 0; }
  legend { padding: 0; font-weight: 600; }
  .tick { display: grid; grid-template-columns: auto 1fr; gap: 0 .6rem; align-items: start; font-weight: 400; margin: .6rem 0; }
  .tick input { width: 1.05rem; height: 1.05rem; margin: .25rem 0 0; }
  .pair { display: grid; grid-template-columns: 1fr 1fr; gap: .75rem; }`

export const frame = (title: string, body: Html): Html => html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}: Switchyard</title>
<style>${style}</style></head><body><main>${body}</main></body></html>`

/** The part of an address that says who gets the answer. */
export function destination(redirectUri: string): string {
  const { protocol, host } = new URL(redirectUri)
  return host ? `${protocol}//${host}` : protocol
}
