/** Whether a text is base64 that every client can read: RFC 4648, section 4, with its padding. */
export const isBase64 = (data: unknown): data is string =>
  typeof data === 'string' && data.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(data)
