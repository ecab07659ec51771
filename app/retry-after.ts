/** When trying again makes sense, as HTTP says it (RFC 9110, section 10.2.3). */

/** @param data of a failure or of an error made of it @returns the header, where that is known */
export function retryAfter(data: Readonly<Record<string, unknown>> | undefined): Record<string, string> {
  const seconds = data?.retry_after
  return typeof seconds === 'number' ? { 'retry-after': String(Math.ceil(seconds)) } : {}
}
