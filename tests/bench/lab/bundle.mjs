// The files that the pages load: each peer minified by esbuild into one file, as its users ship it, and the release beside them.
import { cpSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { root } from '../../../tools/project.mjs'

const pages = join(import.meta.dirname, '..', 'pages')
const options = /** @type {const} */ ({ bundle: true, minify: true, target: 'es2022', legalComments: 'none', logLevel: 'error' })

/** @param {string} folder @param {string} dist the package */
export async function bundle(folder, dist) {
  const names = ['bare', 'plain', 'realtime-js', 'realtime-js-own', 'supabase-js', 'phoenix']
  await build({ ...options, entryPoints: names.map((name) => join(pages, `${name}.js`)), format: 'iife', outdir: folder })
  await build({ ...options, entryPoints: [join(pages, 'storywire-whole.js')], format: 'esm', outdir: folder, external: ['./storywire/*'] })
  cpSync(join(root, 'node_modules/@supabase/supabase-js/dist/umd/supabase.js'), join(folder, 'supabase.js'))
  cpSync(dist, join(folder, 'storywire'), { recursive: true })
}

/** Each library by itself, whatever of it a page can reach: for the table of sizes. @param {string} folder */
export async function libraries(folder) {
  const names = ['@supabase/realtime-js', '@supabase/supabase-js', 'phoenix', '@microsoft/fetch-event-source', 'eventsource', 'eventsource-client', 'eventsource-parser']
  for (const name of names) {
    const file = name.replace(/\W/g, '_')
    writeFileSync(join(folder, `${file}.in.js`), `export * from '${name}'`)
    await build({ ...options, entryPoints: [join(folder, `${file}.in.js`)], format: 'esm', outfile: join(folder, `${file}.lib.js`), nodePaths: [join(root, 'node_modules')], platform: 'browser' })
  }
  return Object.fromEntries(names.map((name) => [name, join(folder, `${name.replace(/\W/g, '_')}.lib.js`)]))
}

/** @param {string} dist */
export const scripts = (dist) => readdirSync(dist).filter((name) => /\.(js|wasm|css)$/.test(name))
