/** What is not JSON at all. */
import { notJson, refused, result, silence } from '../classes.ts'
import { type Entry, type Subject, streams, ways } from '../entry.ts'

/** In one line, so that it is one message everywhere. */
const texts: readonly (readonly [string, string])[] = [
  ['an opened object', '{'],
  ['a closed object', '}'],
  ['an opened list', '['],
  ['an opened text', '"'],
  ['half a message', '{"jsonrpc":"2.0","id":7,"method":"pi'],
  ['a message without its last brace', '{"jsonrpc":"2.0","id":7,"method":"ping"'],
  ['a message with a brace too many', '{"jsonrpc":"2.0","id":7,"method":"ping"}}'],
  ['two messages in one', '{"jsonrpc":"2.0","id":7,"method":"ping"}{"jsonrpc":"2.0","id":8,"method":"ping"}'],
  ['two messages with a comma', '{"jsonrpc":"2.0","id":7,"method":"ping"},{"jsonrpc":"2.0","id":8,"method":"ping"}'],
  ['a message and a word', '{"jsonrpc":"2.0","id":7,"method":"ping"} please'],
  ['a comma at the end', '{"jsonrpc":"2.0","id":7,"method":"ping",}'],
  ['a comment', '{"jsonrpc":"2.0","id":7,"method":"ping"} // thanks'],
  ['a comment inside', '{"jsonrpc":"2.0",/* seven */"id":7,"method":"ping"}'],
  ['single quotes', "{'jsonrpc':'2.0','id':7,'method':'ping'}"],
  ['names without quotes', '{jsonrpc:"2.0",id:7,method:"ping"}'],
  ['typographic quotes', '{“jsonrpc”:“2.0”,“id”:7,“method”:“ping”}'],
  ['a Python dictionary', "{'jsonrpc': '2.0', 'id': 7, 'method': 'ping', 'params': None}"],
  ['a missing colon', '{"jsonrpc" "2.0"}'],
  ['a missing value', '{"jsonrpc":}'],
  ['a number for a name', '{1:2}'],
  ['NaN', '{"jsonrpc":"2.0","id":NaN,"method":"ping"}'],
  ['Infinity', '{"jsonrpc":"2.0","id":Infinity,"method":"ping"}'],
  ['undefined', 'undefined'],
  ['a capital True', '{"jsonrpc":"2.0","id":7,"method":"ping","params":{"a":True}}'],
  ['a zero in front', '{"jsonrpc":"2.0","id":07,"method":"ping"}'],
  ['a plus in front', '{"jsonrpc":"2.0","id":+7,"method":"ping"}'],
  ['a hexadecimal id', '{"jsonrpc":"2.0","id":0x7,"method":"ping"}'],
  ['a number that ends in its point', '{"jsonrpc":"2.0","id":7.,"method":"ping"}'],
  ['an escape that is none', '{"jsonrpc":"2.0","id":"\\x37","method":"ping"}'],
  ['half an escape', '{"jsonrpc":"2.0","id":"\\u00","method":"ping"}'],
  ['a tab inside a text', '{"jsonrpc":"2.0","id":"a\tb","method":"ping"}'],
  ['a zero byte inside a text', '{"jsonrpc":"2.0","id":"a\0b","method":"ping"}'],
  ['a zero byte', '\0'],
  ['a zero byte after a message', '{"jsonrpc":"2.0","id":7,"method":"ping"}\0'],
  ['a hundred zero bytes', '\0'.repeat(100)],
  ['UTF-16 without its mark, which is UTF-8 too', [...'{"jsonrpc":"2.0","id":7,"method":"ping"}'].join('\0')],
  ['a word', 'hello'],
  ['a page', '<!doctype html><title>hello</title>'],
  ['a SOAP envelope', '<?xml version="1.0"?><soap:Envelope><soap:Body><ping/></soap:Body></soap:Envelope>'],
  ['a form', 'jsonrpc=2.0&id=7&method=ping'],
  ['a line of HTTP', 'POST /mcp HTTP/1.1'],
  ['an event of an event stream', 'data: {"jsonrpc":"2.0","id":7,"method":"ping"}'],
  ['a header of the language server protocol', 'Content-Length: 40'],
  ['YAML', '- jsonrpc: "2.0"'],
  ['an escape sequence for terminals', '\u001b[31mred\u001b[0m'],
  ['a spell for a shell', '$(touch /tmp/owned); `id`'],
  ['a template', '{{7*7}}${7*7}'],
  ['a megabyte of one letter', 'x'.repeat(1024 * 1024)],
  ['a megabyte of quotes', '"'.repeat(1024 * 1024)],
  ['a megabyte of backslashes in an opened text', `"${'\\'.repeat(1024 * 1024)}`],
  ['sixty thousand commas', `[${','.repeat(60_000)}]`],
]

const message = '{"jsonrpc":"2.0","id":7,"method":"tools/list"}'

const others: readonly Entry[] = [
  { name: 'nothing is refused, and on a line passed over', over: ways, send: '', expect: notJson, but: { stdio: silence } },
  { name: 'a blank is refused, and on a line passed over', over: ways, send: ' \t ', expect: notJson, but: { stdio: silence } },
  {
    name: 'a line break inside a text is refused',
    over: ['http', 'modern', 'sse', 'ws'],
    send: '{"jsonrpc":"2.0","id":"a\nb","method":"ping"}',
    expect: notJson,
  },
  {
    name: 'a message in several lines is one message, but over stdio',
    over: ['http', 'modern', 'sse', 'ws'],
    send: JSON.stringify(JSON.parse(message), null, 2).replaceAll('\n', '\r\n'),
    expect: result(7),
    // The body is text here, so that the way cannot make a request of that revision out of it.
    but: { modern: refused(-32602, 7, { status: 400 }) },
  },
  { name: 'blanks around a message do no harm', over: streams, send: `  ${message}\t \r`, expect: result(7) },
  {
    name: 'a byte order mark before a message does no harm',
    over: ['http', ...streams],
    send: `\ufeff${message}`,
    expect: result(7),
  },
]

export const notJsonTexts: Subject = {
  name: 'what is not JSON',
  entries: [...texts.map(([what, send]) => ({ name: `${what} is refused`, over: ways, send, expect: notJson })), ...others],
}
