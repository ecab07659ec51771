/** The smallest picture and the smallest sound that are valid, and the blocks that carry them. */

/** One red pixel. */
export const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC'
/** Four samples of silence: 8 bits, one channel, 8000 a second. */
const wav = 'UklGRigAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQQAAACAgICA'

export const text = (value: string) => ({ type: 'text', text: value })
export const image = { type: 'image', data: png, mimeType: 'image/png' }
export const audio = { type: 'audio', data: wav, mimeType: 'audio/wav' }

/** @param content its `text`, and what it is */
export const embedded = (uri: string, content: { mimeType: string; text: string }) => ({
  type: 'resource',
  resource: { uri, ...content },
})
