/** Port 9091, for the outside. */
export { type AdminOptions, openAdmin } from './app.ts'
export { createPeople, type People } from './people.ts'
export { tokenSurface } from './token-routes.ts'
