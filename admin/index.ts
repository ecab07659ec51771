/** Port 9091, for the outside. */
export { type AdminOptions, openAdmin } from './app.ts'
export { tokenSurface } from './token-routes.ts'
