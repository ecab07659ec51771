/** Holds the house together: no circle in the imports, nobody reaches where they should not. Prints what is wrong and fails. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { packageRoot } from '../app/root.ts'

interface Import {
  from: string
  /** A file of ours, or the name of a package. */
  to: string
}

const isSource = (name: string) => /\.tsx?$/.test(name) && !name.endsWith('.d.ts')

function filesBelow(folder: string): string[] {
  return readdirSync(join(packageRoot, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && isSource(entry.name))
    .map((entry) => relative(packageRoot, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((file) => !file.includes('/node_modules/'))
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(packageRoot, file), 'utf8')
  const found = text.matchAll(
    /(?:^|\n)(?:import|export)\b[^'"\n]*(?:\{[^}]*\}[^'"\n]*)?from\s+['"]([^'"]+)['"]|(?:^|\n)import\s+['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/g,
  )
  return [...found].map((match) => {
    const named = match[1] ?? match[2] ?? match[3] ?? ''
    return { from: file, to: named.startsWith('.') ? join(dirname(file), named).split(sep).join('/') : named }
  })
}

const inside = (folder: string) => (file: string) => file.startsWith(folder)

/** One rule: whose imports it is about, what they may not import, and why. */
const rules: { from: (file: string) => boolean; to: (file: string, from: string) => boolean; why: string }[] = [
  { from: inside('app/'), to: inside('admin/'), why: 'admin/ imports app/, never the other way' },
  {
    from: inside('app/surfaces/'),
    to: (to, from) => !from.endsWith('/index.ts') && /^app\/(commands|store)\//.test(to),
    why: 'a surface knows no command and no table',
  },
  {
    from: (file) => !file.startsWith('app/store/'),
    to: (to, from) =>
      /^(pg|drizzle-orm|ioredis)($|\/)/.test(to) && !from.startsWith('drizzle.config') && !/^(test|bench|scripts)\//.test(from),
    why: 'SQL and Redis are spoken in app/store/ alone',
  },
  {
    from: () => true,
    to: (to, from) => to.endsWith('/index.ts') && dirname(to) === dirname(from),
    why: 'index.ts is a list for the outside',
  },
  {
    from: (file) => file === 'app/call.ts',
    to: () => true,
    why: 'the words import nothing',
  },
]

/** A circle that goes through this file, as a path, if there is one. */
function circleFrom(start: string, graph: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const seen = new Set<string>()
  const walk = (file: string, path: string[]): string[] | undefined => {
    for (const next of graph.get(file) ?? []) {
      if (next === start) return [...path, next]
      if (seen.has(next)) continue
      seen.add(next)
      const circle = walk(next, [...path, next])
      if (circle) return circle
    }
    return undefined
  }
  return walk(start, [start])
}

const files = ['main.ts', ...['app', 'admin', 'test', 'bench', 'scripts'].flatMap(filesBelow)]
const imports = files.flatMap(importsOf)
const graph = new Map(files.map((file) => [file, imports.filter(({ from }) => from === file).map(({ to }) => to)]))

const problems = imports.flatMap(({ from, to }) =>
  rules.filter((rule) => rule.from(from) && rule.to(to, from)).map(({ why }) => `${from} imports ${to}: ${why}`),
)
const circles = new Set<string>()
for (const file of files) {
  const circle = circleFrom(file, graph)
  if (circle) circles.add([...new Set(circle)].sort().join(' '))
}
for (const circle of circles) problems.push(`a circle: ${circle.split(' ').join(', ')}`)

for (const problem of problems) process.stderr.write(`${problem}\n`)
process.stderr.write(`imports: ${files.length} files, ${problems.length} problems\n`)
process.exitCode = problems.length ? 1 : 0
