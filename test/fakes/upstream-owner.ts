/**
 * Stands for a Switchyard that comes to a bad end: it starts one child that does not care about the end of its stdin, tells the pid
 * on stdout, and ends with code 1 when it reads anything. Arguments: the ledger's file, and `hangs` for a ledger that never answers.
 */
import { silent } from '../../app/log.ts'
import { spawnChild } from '../../app/upstreams/child/supervisor.ts'
import { fileLedger } from './ledgers.ts'

const [file = '', ledgerIs] = process.argv.slice(2)
const ledger = fileLedger(file)
const tell = (pid: number) => process.stdout.write(`${pid}\n`)
if (ledgerIs === 'hangs') {
  ledger.add = ({ pid }) => {
    tell(pid)
    return new Promise(() => {})
  }
}
process.stdin.once('data', () => process.exit(1))

const spec = { upstream: 'stubborn', command: 'sleep', args: ['600'], env: {}, cwd: null }
const child = await spawnChild(spec, { ledger, log: silent, baseEnv: process.env })
if (ledgerIs !== 'hangs') tell(child.pid)
