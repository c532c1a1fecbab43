// What a visitor downloads: each file of the release as it is, with gzip and with brotli, and their sum for a story page.
// Fails above the budget in package.json.
//
//   npm run size -- --why     what takes the bytes
//   npm run size -- --keep    notes the sizes in tools/size-of-release.json, as `npm version` does, so that the next release is compared
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { build, releaseDist } from './build.mjs'
import { read, root } from './project.mjs'
import { setUp } from './setup.mjs'
import { script } from './shell.mjs'
import { why } from './size-why.mjs'

/** The script tag's files: what auto.js fetches before a story page is live. */
export const pageFiles = (dist = releaseDist) => ['auto.js', ...withImports(dist, 'start.js'), 'storywire_story_bg.wasm']

/** A file of the release and what it imports before it runs; what it imports on demand is not fetched by such a page. @returns {Set<string>} */
export function withImports(dist, name, seen = new Set()) {
  if (seen.has(name) || !existsSync(join(dist, name))) return seen
  seen.add(name)
  for (const [, next] of readFileSync(join(dist, name), 'utf8').matchAll(/(?:from|import)"\.\/([^"]+)"/g)) withImports(dist, next, seen)
  return seen
}

/** @returns {{ table: string, isWithinBudget: boolean, sentence: string, page: { raw: number, gz: number, br: number } }} of the release in dist/ */
export function measure() {
  const page = pageFiles()
  const files = readdirSync(releaseDist).filter((name) => /\.(js|wasm|css)$/.test(name)).sort()
  const rows = files.map((name) => {
    const bytes = readFileSync(join(releaseDist, name))
    return { name, raw: bytes.length, gz: gzipSync(bytes, { level: 9 }).length, br: brotli(bytes) }
  })
  const sum = { name: `a story page (${page.join(' + ')})`, raw: 0, gz: 0, br: 0 }
  for (const row of rows.filter(({ name }) => page.includes(name))) {
    for (const kind of ['raw', 'gz', 'br']) sum[kind] += row[kind]
  }
  const kept = JSON.parse(read('tools/size-of-release.json'))
  const more = sum.br - kept['page.br']
  const budget = JSON.parse(read('package.json')).size['page.br']
  const left = budget - sum.br
  return {
    table: table([...rows, sum]),
    isWithinBudget: left >= 0,
    sentence: `A story page downloads ${number(sum.br)} bytes (brotli): ${number(Math.abs(left))} ${left >= 0 ? 'below' : 'above'} the budget of ${number(budget)}, and ${more === 0 ? 'as many as' : `${number(Math.abs(more))} ${more < 0 ? 'fewer' : 'more'} than`} ${kept.version} (${kept.of}).`,
    page: sum,
  }
}

const brotli = (bytes) =>
  brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }).length

const number = (value) => value.toLocaleString('en-US')

function table(rows) {
  const cells = [['file', 'bytes', 'gzip -9', 'brotli 11'], ...rows.map(({ name, raw, gz, br }) => [name, number(raw), number(gz), number(br)])]
  const width = (column) => Math.max(...cells.map((row) => row[column].length))
  return cells
    .map((row) => row.map((cell, column) => (column === 0 ? cell.padEnd(width(0)) : cell.padStart(width(column)))).join('   '))
    .join('\n')
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await script(async () => {
    await build({ release: true, env: await setUp({ browser: false }) })
    const { table, isWithinBudget, sentence, page } = measure()
    if (process.argv.includes('--why')) {
      console.log(why(releaseDist, pageFiles(), brotli))
      return 0
    }
    if (process.argv.includes('--keep')) {
      const { version } = JSON.parse(read('package.json'))
      const kept = { version, of: new Date().toISOString().slice(0, 10), 'page.raw': page.raw, 'page.gz': page.gz, 'page.br': page.br }
      writeFileSync(join(root, 'tools', 'size-of-release.json'), `${JSON.stringify(kept, undefined, 2)}\n`)
    }
    console.log(`${table}\n\n${sentence}`)
    return isWithinBudget ? 0 : 1
  })
}
