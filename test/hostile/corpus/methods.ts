/** Methods that there are not, and notifications that nobody knows. */
import { either, headersTooLarge, refused, silence, status, unknownMethod } from '../classes.ts'
import { type Subject, ways } from '../entry.ts'
import { isPlain } from '../modern.ts'
import { shown } from '../shown.ts'

const unknown = [
  '',
  ' ',
  'tools',
  'tools/',
  '/tools/list',
  'tools/list/',
  'tools//list',
  'tools/list ',
  ' tools/list',
  'tools/list\n',
  'tools/list\0',
  'TOOLS/LIST',
  'Tools/List',
  'tools.list',
  'tools\\list',
  'tools/list?cursor=1',
  'tools/list/../call',
  'tools/juggle',
  'echo',
  'rpc.discover',
  'system.listMethods',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'valueOf',
  '../../../etc/passwd',
  "'; DROP TABLE sessions; --",
  '<script>alert(1)</script>',
  '%s%s%s%n',
  '${jndi:ldap://127.0.0.1/a}',
  '\u001b[2J',
  'ｔｏｏｌｓ/list',
  'tооls/list', // with two Cyrillic letters
  'tools\u200b/list',
  'sampling/createMessage',
  'elicitation/create',
  'roots/list',
  'notifications/initialized',
  'notifications/cancelled',
  'notifications/progress',
  'notifications/tools/list_changed',
]

const notifications = [
  'notifications/unknown',
  'notifications/',
  '',
  '__proto__',
  'constructor',
  'ping',
  'initialize',
  'tools/list',
  'tools/call',
  'resources/read',
  'notifications/tools/list_changed',
  'notifications/message',
  'notifications/resources/updated',
  'notifications/roots/list_changed',
  'notifications/elicitation/complete',
  'n'.repeat(1024 * 1024),
]

export const methods: Subject = {
  name: 'a method',
  entries: [
    ...unknown.map((method) => ({
      name: `${shown(method)} is unknown`,
      over: ways,
      send: { jsonrpc: '2.0', id: 7, method },
      expect: unknownMethod(7),
      // The header for it has no form for such characters.
      but: isPlain(method) ? {} : { modern: refused(-32020, 7, { status: 400 }) },
    })),
    {
      name: 'of a megabyte is unknown, and no header can name it',
      over: ways,
      send: { jsonrpc: '2.0', id: 7, method: 'm'.repeat(1024 * 1024) },
      expect: unknownMethod(7),
      but: { modern: headersTooLarge },
    },
    ...notifications.map((method) => ({
      name: `${shown(method)} in a notification is not answered`,
      over: ways,
      send: { jsonrpc: '2.0', method, params: { name: 'broken', arguments: {} } },
      expect: silence,
      but: { modern: either(silence, status(400, 404), headersTooLarge) },
    })),
  ],
}
