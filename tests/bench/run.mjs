// npm run bench              everything, interleaved, with the release: prints ratios, and writes bench/results.json and docs/benchmarks.md
// npm run bench -- NAME      one of them: messages, start, memory, size, sse
//
//   --rounds 5     more rounds; medians are compared
//   --only WORDS   only the tables whose title has the words in it
//   --dist FOLDER  another build
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from '../../tools/build.mjs'
import { root } from '../../tools/project.mjs'
import { setUp } from '../../tools/setup.mjs'
import { Stop, script } from '../../tools/shell.mjs'
import { launch } from './lab/browser.mjs'
import { bundle } from './lab/bundle.mjs'
import { replay } from './lab/replay.mjs'
import { markdown, plain } from './lab/report.mjs'

export const names = ['messages', 'start', 'memory', 'size', 'sse']

/**
 * What a measurement is lent.
 * @typedef {{ browser: import('playwright-core').Browser, server: Awaited<ReturnType<typeof replay>>, folder: string, dist: string,
 *   rounds?: number, quick?: boolean, only?: string, say: (table: import('./lab/report.mjs').Table) => void }} Lab
 */

/**
 * @param {string} dist the package @param {Partial<Lab>} how @param {(lab: Lab) => Promise<T>} work
 * @template T @returns {Promise<T>}
 */
export async function withLab(dist, how, work) {
  const folder = mkdtempSync(join(tmpdir(), 'storywire-bench-'))
  await bundle(folder, dist)
  const server = await replay(folder)
  const browser = await launch()
  try {
    return await work({ browser, server, folder, dist, say: (table) => console.log(plain(table)), ...how })
  } finally {
    await browser.close()
    server.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Keeps what was measured, so that a table can be measured again without the others. @param {string} name @param {import('./lab/report.mjs').Table} table @param {string} chromium */
export function keep(name, table, chromium) {
  const place = join(root, 'bench', 'results.json')
  mkdirSync(join(root, 'bench'), { recursive: true })
  const all = existsSync(place) ? JSON.parse(readFileSync(place, 'utf8')) : {}
  all.browser = `Chromium ${chromium}`
  all.machine = `${cpus().length} × ${cpus()[0]?.model}`
  /** @type {import('./lab/report.mjs').Table[]} */
  const tables = all.tables?.[name] ?? []
  const at = tables.findIndex(({ title }) => title === table.title)
  tables.splice(at < 0 ? tables.length : at, 1, table)
  all.tables = { ...all.tables, [name]: tables }
  writeFileSync(place, `${JSON.stringify(all, undefined, 1)}\n`)
  const introduction = [
    '# Benchmarks',
    '',
    'Written by `npm run bench`. Each client is measured in its own page of one headless browser, against one server, in turn with the others; read ratios rather than times.',
    `${all.browser}, ${all.machine}. CPU is the main thread's own, by the browser's accounting; ± is half the distance of the quartiles.`,
    'The pages of the peers are written as their documentation says: `tests/bench/pages`. `bare` is the limit: a WebSocket and `JSON.parse`, nothing shown; `plain` is what',
    'one can write by hand. Of the start, `storywire` is the tag of a range of versions, `storywire, exact version` that of `dist/snippet.html`, which asks for everything ahead.',
    '',
  ]
  const parts = names.flatMap((of) => all.tables[of] ?? []).map(markdown)
  writeFileSync(join(root, 'docs', 'benchmarks.md'), [...introduction, ...parts].join('\n'))
}

/** @param {string[]} args */
async function main(args) {
  const option = (/** @type {string} */ name) => (args.includes(name) ? args.splice(args.indexOf(name), 2)[1] : undefined)
  const rounds = Number(option('--rounds')) || undefined
  const [only, given] = [option('--only'), option('--dist')]
  const unknown = args.filter((arg) => !names.includes(arg))
  if (unknown.length > 0) throw new Stop(`There is no measurement ${unknown.join(', ')}. There are: ${names.join(', ')}.`)
  const env = await setUp({ browser: true })
  const dist = given ?? (await build({ release: true, env }))
  await withLab(dist, { rounds, only }, async (lab) => {
    for (const name of args.length > 0 ? args : names) {
      const { run } = await import(`./${name}/run.mjs`)
      const say = (/** @type {import('./lab/report.mjs').Table} */ table) => {
        console.log(plain(table))
        if (!given) keep(name, table, lab.browser.version())
      }
      await run({ ...lab, say })
    }
  })
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await script(() => main(process.argv.slice(2)))
