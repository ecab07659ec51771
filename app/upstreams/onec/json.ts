/** JSON as 1C writes it: in UTF-8, with a byte order mark as often as not. */

export const withoutMark = (text: string): string => (text.startsWith('\uFEFF') ? text.slice(1) : text)

/** 1C breaks base64 into lines, and some put a `data:` URL in its place. @returns undefined for what is none */
export function base64In(data: unknown): string | undefined {
  if (typeof data !== 'string') return undefined
  const bare = data.replace(/^data:[^,]{0,200},/, '').replace(/\s+/g, '')
  const padded = bare.length % 4 ? bare.padEnd(Math.ceil(bare.length / 4) * 4, '=') : bare
  return /^[A-Za-z0-9+/]*={0,2}$/.test(padded) && bare.length % 4 !== 1 ? padded : undefined
}
