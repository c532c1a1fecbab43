// What a page downloads: each of our entries with all that it loads before it works, beside the peers' whole libraries.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { root } from '../../../tools/project.mjs'
import { pageFiles, withImports } from '../../../tools/size.mjs'
import { libraries } from '../lab/bundle.mjs'

/** @param {import('../run.mjs').Lab} lab @returns {Promise<import('../lab/report.mjs').Table[]>} */
export async function run({ dist, folder, say }) {
  const peers = await libraries(folder)
  const ours = (/** @type {Iterable<string>} */ names) => [...names].map((name) => join(dist, name))
  /** @type {Record<string, string[]>} */
  const entries = {
    'storywire, a story page (scripts, WebAssembly)': ours(pageFiles(dist)),
    'the same with its stylesheet': ours([...pageFiles(dist), 'storywire.css']),
    'storywire, the whole client (index.js, WebAssembly)': ours([...withImports(dist, 'index.js'), 'storywire_bg.wasm']),
    'storywire/eventsource': ours(['eventsource.js']),
    'supabase-js, the UMD file that such pages load': [join(root, 'node_modules/@supabase/supabase-js/dist/umd/supabase.js')],
    ...Object.fromEntries(Object.entries(peers).map(([name, file]) => [name, [file]])),
  }
  const data = Object.fromEntries(
    Object.entries(entries).map(([name, files]) => {
      const bytes = files.map((file) => readFileSync(file))
      const sum = (/** @type {(bytes: Buffer) => number} */ of) => bytes.reduce((total, one) => total + of(one), 0)
      return [name, { raw: sum((one) => one.length), gzip: sum((one) => gzipSync(one, { level: 9 }).length), brotli: sum((one) => brotliCompressSync(one).length) }]
    }),
  )
  const number = (/** @type {number} */ value) => value.toLocaleString('en-US')
  const rows = Object.entries(data).map(([name, { raw, gzip, brotli }]) => [name, number(raw), number(gzip), number(brotli)])
  const table = { title: 'size, bytes', note: 'Minified by esbuild, each file compressed by itself.', head: ['what', 'raw', 'gzip -9', 'brotli 11'], rows, data }
  say(table)
  return [table]
}
