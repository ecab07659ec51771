/**
 * Runs in a page of somebody else's, and tries everything that a page can try.
 * @returns what it could read, a sentence each; that it could send something is for the server to notice
 */
globalThis.attack = async function attack(targets) {
  const got = []
  const soon = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
  /** Settles when the element has loaded, failed, or done neither for a while. */
  const loaded = (element, what, tells) =>
    Promise.race([
      new Promise((resolve) => {
        element.onload = () => {
          if (tells) got.push(what)
          resolve()
        }
        element.onerror = () => resolve()
        document.body.append(element)
      }),
      soon(1_500),
    ])

  async function fetches(base, path, tool) {
    const rpc = (method, params) => JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
    const call = rpc('tools/call', { name: tool, arguments: {} })
    const multipart = new FormData()
    multipart.set('command', tool)
    const bodies = [
      [undefined, undefined],
      ['text/plain', call],
      ['text/plain', rpc(tool, {})],
      ['application/json', call],
      ['application/x-www-form-urlencoded', `command=${tool}`],
      [undefined, multipart],
    ]
    const ways = bodies.flatMap(([type, body]) =>
      ['omit', 'include'].flatMap((credentials) => ['cors', 'no-cors'].map((mode) => ({ type, body, credentials, mode }))),
    )
    await Promise.all(
      ways.map(async ({ type, body, credentials, mode }) => {
        try {
          const headers = type ? { 'content-type': type } : {}
          const response = await fetch(base + path, { method: body ? 'POST' : 'GET', body, credentials, mode, headers })
          if (response.type !== 'opaque') got.push(`fetch ${base}${path}: ${response.status}`)
          await response.body?.cancel()
        } catch {
          // As it should be.
        }
      }),
    )
  }

  async function elements(base, path) {
    const [script, image, frame, style] = ['script', 'img', 'iframe', 'link'].map((name) => document.createElement(name))
    Object.assign(script, { src: base + path })
    Object.assign(image, { src: base + path })
    Object.assign(style, { href: base + path, rel: 'stylesheet' })
    Object.assign(frame, { src: base + path })
    await Promise.all([
      loaded(script, `script ${path}`, true),
      loaded(image, `image ${path}`, true),
      loaded(style, `style ${path}`, true),
      loaded(frame, `frame ${path}`, false),
    ])
    try {
      const inside = frame.contentDocument?.body?.innerText
      if (inside) got.push(`frame ${path}: ${inside}`)
    } catch {
      // As it should be.
    }
  }

  function posts(base, path, tool) {
    for (const encoding of ['text/plain', 'multipart/form-data', 'application/x-www-form-urlencoded']) {
      const form = document.createElement('form')
      const sink = document.createElement('iframe')
      sink.name = `sink${Math.random()}`
      Object.assign(form, { action: base + path, method: 'post', enctype: encoding, target: sink.name })
      const field = document.createElement('input')
      // As text/plain this is JSON.
      field.name = `{"jsonrpc":"2.0","id":1,"method":"${tool}","params":{},"x":"`
      field.value = '"}'
      form.append(field)
      document.body.append(sink, form)
      form.submit()
    }
  }

  async function streams(base) {
    const socket = new WebSocket(`${base.replace('http', 'ws')}/ws`, 'mcp')
    socket.onopen = () => got.push(`WebSocket ${base}`)
    const events = new EventSource(`${base}/sse`, { withCredentials: true })
    events.onopen = () => got.push(`EventSource ${base}`)
    events.addEventListener('endpoint', () => got.push(`endpoint of ${base}`))
    await soon(1_000)
    socket.close()
    events.close()
  }

  async function windows(base) {
    const opened = window.open(`${base}/`)
    await soon(1_500)
    opened?.postMessage({ type: 'csrf' }, '*')
    try {
      const inside = opened?.document.body.innerText
      if (inside && !inside.includes('hostile')) got.push(`window ${base}: ${inside}`)
    } catch {
      // As it should be.
    }
    opened?.close()
  }

  window.addEventListener('message', ({ data }) => got.push(`message ${JSON.stringify(data)}`))
  for (const { base, paths, tool } of targets) {
    await Promise.all(paths.map((path) => fetches(base, path, tool)))
    await Promise.all(paths.map((path) => elements(base, path)))
    for (const path of paths) posts(base, path, tool)
    await Promise.all([streams(base), windows(base)])
  }
  await soon(1_000)
  return got
}
