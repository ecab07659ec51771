/** Certificates for tests, made by openssl as an administrator would make them. */
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Issued {
  /** Files in PEM; the key is for its owner alone. */
  readonly certFile: string
  readonly keyFile: string
  /** What is in them. */
  readonly cert: string
  readonly key: string
}

export interface IssueOptions {
  readonly cn?: string
  readonly ou?: string
  /** Names and addresses of a server; `localhost` and 127.0.0.1 unless it says otherwise. */
  readonly hosts?: readonly string[]
  /** For a client, and for nothing else; otherwise for a server, and for nothing else. */
  readonly client?: boolean
  /** Days from now until it ends; a negative number for one that has ended. */
  readonly days?: number
  /** Encrypts the key. */
  readonly passphrase?: string
}

export interface Ca {
  readonly certFile: string
  readonly cert: string
  issue(options?: IssueOptions): Issued
  /** A list, in PEM, of what was taken back: these, and those before. */
  revoke(...certificates: readonly Issued[]): string
  /** Removes every file. */
  remove(): void
}

/** An authority of one's own, in a temporary folder. */
export function makeCa(name = 'Test CA'): Ca {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-ca-'))
  const certFile = join(folder, 'ca.pem')
  const caKey = join(folder, 'ca.key')
  const isCa = ['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign,cRLSign']
  openssl([
    'req',
    '-x509',
    ...newKey,
    '-nodes',
    '-keyout',
    caKey,
    '-out',
    certFile,
    '-days',
    '30',
    '-subj',
    `/CN=${name}`,
    ...isCa,
  ])
  let issued = 0

  function issue({
    cn,
    ou,
    hosts = ['localhost', '127.0.0.1'],
    client = false,
    days = 20,
    passphrase,
  }: IssueOptions = {}): Issued {
    const base = join(folder, `${client ? 'client' : 'server'}-${++issued}`)
    const [cert, key, request, extensions] = ['pem', 'key', 'csr', 'ext'].map((end) => `${base}.${end}`) as [string, ...string[]]
    const subject = `${ou === undefined ? '' : `/OU=${ou}`}${cn === undefined ? '' : `/CN=${cn}`}` || '/O=nobody'
    const lock = passphrase === undefined ? ['-nodes'] : ['-passout', `pass:${passphrase}`]
    openssl(['req', '-new', ...newKey, ...lock, '-keyout', key!, '-out', request!, '-subj', subject])
    writeFileSync(extensions!, extensionsOf(client, hosts))
    const serial = `0x${randomBytes(8).toString('hex').replace(/^./, '1')}`
    const signing = ['-CA', certFile, '-CAkey', caKey, '-set_serial', serial, '-days', String(days), '-extfile', extensions!]
    openssl(['x509', '-req', '-in', request!, '-out', cert, ...signing])
    return { certFile: cert, keyFile: key!, cert: readFileSync(cert, 'utf8'), key: readFileSync(key!, 'utf8') }
  }

  function revoke(...certificates: readonly Issued[]): string {
    const config = join(folder, 'ca.cnf')
    const index = join(folder, 'index.txt')
    writeFileSync(config, `[ca]\ndefault_ca = own\n[own]\ndatabase = ${index}\ndefault_md = sha256\ndefault_crl_days = 10\n`)
    writeFileSync(index, '', { flag: 'a' })
    const as = ['ca', '-config', config, '-cert', certFile, '-keyfile', caKey]
    for (const each of certificates) openssl([...as, '-revoke', each.certFile])
    return openssl([...as, '-gencrl'])
  }

  return {
    certFile,
    cert: readFileSync(certFile, 'utf8'),
    issue,
    revoke,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']

function extensionsOf(client: boolean, hosts: readonly string[]): string {
  if (client) return 'basicConstraints=CA:FALSE\nextendedKeyUsage=clientAuth\n'
  const names = hosts.map((host) => `${/^[\d.]+$|:/.test(host) ? 'IP' : 'DNS'}:${host}`).join(',')
  return `basicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\nsubjectAltName=${names}\n`
}

/** What it says on stdout; its chatter on stderr stands in the error where it fails. */
const openssl = (args: readonly string[]): string => execFileSync('openssl', args, { encoding: 'utf8', stdio: 'pipe' })
