/** Writes docs/settings.md from the settings table, so that the page cannot lie: `npx tsx scripts/settings-page.ts`. */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { sourceFlags } from '../app/config/flags.ts'
import { defaultTextOf, type Row } from '../app/config/setting.ts'
import { rows } from '../app/config/settings.ts'
import { yesNo } from '../app/config/shapes.ts'

export const pageUrl = new URL('../docs/settings.md', import.meta.url)

/** The whole page, as Markdown. */
export function settingsPage(): string {
  return `<!-- Made by scripts/settings-page.ts from app/config/settings.ts. Change them, not this page. -->

# Settings

Every setting can be given in three ways. What stands further right wins:

    default  <  configuration file  <  environment variable  <  flag

\`switchyard config\` prints what is in force and where each value came from. When something is wrong, the server says everything that is
wrong at once and ends with exit code 78.

${sourceFlags.map(({ flag, help, variable }) => `- \`--${flag} FILE\`${variable ? ` or \`${variable}\`` : ''}: ${help}`).join('\n')}

## All settings

| in the file | may be | default | variable, flag | |
|---|---|---|---|---|
${rows.map(lineOf).join('\n')}

## The file

YAML or JSON: \`switchyard.yaml\`, \`.yml\` or \`.json\` in the current directory, or what \`--config\` names. All keys are optional, and an unknown one is an error. Relative paths start at the file.

\`\`\`yaml
server: { host: 127.0.0.1, port: 9090, admin_port: 9091 }
logging: { level: info }
database: { url: "postgres://switchyard:\${DB_SECRET}@db/switchyard" }
upstreams:
  - { name: docs, kind: mcp, url: https://docs.example/mcp, headers: { Authorization: "Bearer \${DOCS_TOKEN}" } }
mcpServers:
  files: { command: npx, args: [-y, "@modelcontextprotocol/server-filesystem", ./data] }
\`\`\`

\`\${NAME}\` in any text takes a variable of the environment, and a missing one is an error; \`\${NAME:-default}\` has a default;
\`$\${NAME}\` stays \`\${NAME}\`.

### Upstreams

\`mcpServers\` is what Claude Desktop and Cursor have in their files and can be pasted. What a client adds for itself is ignored there.
\`upstreams\` is a list of the same, with a \`name\` and \`kind: mcp\` in each entry, and knows these members:

| member | default | |
|---|---|---|
| \`name\` | | Up to 32 letters, digits, \`_\` or \`-\`. |
| \`prefix\` | the name and \`_\` | Put in front of the names of its tools and prompts; empty keeps them as they are. |
| \`command\`, \`args\`, \`env\`, \`cwd\` | | A program to start, which speaks MCP over stdio. |
| \`url\`, \`headers\` | | A server to connect to. |
| \`type\` | from the rest | \`stdio\`, \`http\` (Streamable HTTP) or \`sse\`. A URL that ends in \`/sse\` is \`sse\`, any other \`http\`. |
| \`timeout\` | \`limits.call_timeout\` | Longest run of one call, in seconds; above 3600 in \`mcpServers\`, milliseconds. |
| \`disabled\` | \`false\` | Leaves it out. |
| \`max_concurrent\` | no limit | Calls that may run there at the same time; more are refused ([limits.md](limits.md)). |
| \`sessions\` | \`client\` | \`client\`: where the server keeps something for whom it talks to, each client gets a connection of its own (over stdio, a process). \`shared\`: one for all. |
| \`protocol\` | \`auto\` | \`legacy\` (the revisions up to 2025-11-25), \`modern\` (2026-07-28), or \`auto\`: found out, and remembered. |
| \`oauth\` | from the server | How we sign in there: \`false\` for never, or a mapping with some of the members below. See [upstreams.md](upstreams.md). |
| \`oauth.grant\` | \`authorization_code\` | \`authorization_code\`: a person signs in, in the panel. \`client_credentials\`: nobody is needed. |
| \`oauth.client_id\`, \`oauth.client_secret\` | we register | As they were registered at the authorization server; the secret best as \`\${NAME}\`. |
| \`oauth.scope\` | what the server asks for | Words separated by spaces. |
| \`oauth.client_metadata_url\` | | A client id metadata document at this https URL: our client id, where the authorization server takes such. |
| \`oauth.redirect_url\` | where the panel is | Where the browser comes back to: \`/oauth/callback\` of the admin port, as people reach it. |

With \`sessions: client\` no client meets what another has left in the server, and what the server asks (sampling, elicitation, roots) reaches whose
call it is about. A program that keeps nothing (files, a search, a database) is better \`shared\`: one process instead of one for each client
that calls it. What a shared program asks reaches a client only while no call of another client runs in it. Servers over HTTP that give no
session id, and those of 2026-07-28, keep nothing and are shared by themselves.

Services over plain HTTP (\`kind: onec\`, \`openapi\` or \`jsonrpc\`) have \`name\`, \`prefix\`, \`timeout\`, \`disabled\` and \`max_concurrent\` too, and in common:

| member | default | |
|---|---|---|
| \`url\`, \`headers\` | | Where it is, and what it is shown with every request. |
| \`ca_file\`, \`cert_file\`, \`key_file\`, \`key_passphrase\` | what the system trusts | PEM files: whom we trust there, and our client certificate. |
| \`connections\` | 32 | Most connections to it at a time. |
| \`allow_private\` | \`false\` | Whether hosts that it names itself may be in private networks. |
| \`check_every\`, \`refresh\` | 15s, 5m | How often it is looked at, and its lists are read again. |
| \`poll_interval\` | | \`jsonrpc\` alone: how often a command that went into a queue is asked for; without it, its job id is the result. |
| \`transport\`, \`username\`, \`password\`, \`service_root\`, \`unlock_code\`, \`confirm\`, ... | | \`onec\` alone: see [1c.md](1c.md). |
| \`file\`, \`base_url\`, \`auth\`, \`include\`, \`exclude\`, \`resources\` | | \`openapi\` alone: see [openapi-services.md](openapi-services.md). |

## Variables

An empty variable counts as not set. A variable that starts with \`MCP_\` and is not known is ignored with a warning.

A secret can stand in a file: \`SECRET_KEY_FILE=/run/secrets/key\` instead of \`SECRET_KEY\`, and so for every variable that is marked as a
secret above, and for \`DB_PASSWORD\` and \`REDIS_PASSWORD\`.

Names that older systems use are accepted too. Two names for one setting may not disagree.

| setting | also |
|---|---|
${rows.flatMap(olderNamesOf).join('\n')}
`
}

function lineOf({ path, setting }: Row): string {
  const { help, shape, variable, flag, secret } = setting
  const names = [variable, ...(flag ? [`--${flag}`] : []), ...(flag && shape === yesNo ? [`--no-${flag}`] : [])]
  const cells = [`\`${path}\``, shape.expected, defaultTextOf(setting) ?? '', names.map((name) => `\`${name}\``).join(', ')]
  return `| ${cells.join(' | ')} | ${help}${secret ? ' A secret.' : ''} |`
}

function olderNamesOf({ path, setting: { aliases = [], parts } }: Row): string[] {
  const names = aliases.map((name) => `\`${name}\``)
  if (parts) {
    const fields = ['HOST', ...parts.required, ...parts.optional]
    names.push(`${fields.join(', ')} behind ${parts.prefixes.map((prefix) => `\`${prefix}\``).join(', ')}`)
  }
  return names.length ? [`| \`${path}\` | ${names.join(', ')} |`] : []
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(pageUrl, settingsPage())
