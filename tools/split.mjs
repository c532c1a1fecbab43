// The entries that share code, and what is loaded only where it is needed, as files: by Rollup, which can be told what belongs
// together. Each file costs a slow phone some ten milliseconds, whatever is in it, so that what a story page loads at once is
// two files, auto.js and start.js, from which index.js takes what it shares with it.
import { writeFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { root } from './project.mjs'

const js = join(root, 'js')

/**
 * @param {string[]} entries names in js/ @param {string} folder
 * @param {{ glue: string, define: Record<string, string>, release: boolean, banner?: string }} options glue: where what js/ imports from pkg/ lies
 * @returns {Promise<(name: string) => string[]>} what a file imports before it runs
 */
export async function split(entries, folder, { glue, define, release, banner }) {
  const [{ transform }, { rollup }] = await Promise.all([import('esbuild'), import('rollup')])
  const sources = {
    name: 'sources',
    resolveId: (id) => (/\/pkg\/\w+\.js$/.test(id) ? join(glue, basename(id)) : undefined),
    transform: async (text, id) => {
      const { code, map } = await transform(text, { define, target: 'es2022', charset: 'utf8', sourcemap: !release, sourcefile: id })
      return { code, map: map || null }
    },
  }
  const small = {
    name: 'small',
    renderChunk: async (code) => (await transform(code, { format: 'esm', target: 'es2022', charset: 'utf8', minify: true, legalComments: 'none' })).code,
  }
  const bundle = await rollup({
    input: Object.fromEntries(entries.map((name) => [basename(name, '.js'), join(js, name)])),
    plugins: [sources, ...(release ? [small] : [])],
    // What start.js has beside the page's entry is for its parts.
    preserveEntrySignatures: 'allow-extension',
    treeshake: { moduleSideEffects: (id) => !id.includes('/pkg/') },
    onwarn({ code, message }) {
      // An entry of types alone is empty.
      if (code !== 'EMPTY_BUNDLE') throw new Error(message)
    },
  })
  const { output } = await bundle.write({
    dir: folder,
    format: 'esm',
    sourcemap: !release,
    banner,
    entryFileNames: '[name].js',
    chunkFileNames: 'storywire-[hash].js',
    manualChunks(id, { getModuleInfo }) {
      const reached = (/** @type {string} */ from, seen = new Set()) => {
        if (!seen.has(from)) {
          seen.add(from)
          for (const next of getModuleInfo(from)?.importedIds ?? []) reached(next, seen)
        }
        return seen
      }
      if (reached(join(js, 'start.js')).has(id)) return 'start'
    },
  })
  await bundle.close()
  // For `npm run size -- --why`.
  const pieces = output.map((file) => [file.fileName, Object.fromEntries(Object.entries(file.modules ?? {}).map(([id, { renderedLength }]) => [relative(root, id), renderedLength]))])
  writeFileSync(join(glue, 'pieces.json'), JSON.stringify(Object.fromEntries(pieces)))
  const importsOf = (name, found = []) => {
    const file = output.find(({ fileName }) => fileName === name)
    for (const next of file?.imports ?? []) {
      if (found.includes(next)) continue
      found.push(next)
      importsOf(next, found)
    }
    return found
  }
  return importsOf
}
