// A small consumer, built by each of the usual bundlers without a word of configuration for Storywire; then its page is used.
import assert from 'node:assert/strict'
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { test } from 'node:test'
import { releaseDist } from '../../tools/build.mjs'
import { buildServer, startServer } from '../../tools/server.mjs'
import { journey, post, state } from '../e2e/journey.mjs'
import { project } from './packed.mjs'

/** The page of a bundler that knows no HTML. @param {string} folder @returns {string} */
function pageOf(folder) {
  const out = join(folder, 'out')
  mkdirSync(out, { recursive: true })
  const styles = existsSync(join(out, 'main.css')) ? '<link rel="stylesheet" href="main.css"></head>' : '</head>'
  writeFileSync(join(out, 'index.html'), readFileSync(join(folder, 'index.html'), 'utf8').replace('</head>', styles))
  return out
}

/** Opens the page of a consumer, and sees a story go to its end there. @param {() => Promise<{ url: string, stop(): unknown }>} serve */
const works = (serve) =>
  journey(async (page) => {
    const { url, stop } = await serve()
    try {
      page.setDefaultTimeout(10_000)
      const { id } = await post(`${url}/demo/stories`, { seconds: 1 })
      await page.goto(`${url}/?story=${id}`)
      for (const asset of ['cover', 'text']) await state(page, asset, 'ready')
      await page.locator('#said', { hasText: 'completed' }).waitFor()
      await page.locator('#mood', { hasText: 'open' }).waitFor()
      const ratio = await page.locator('[data-asset="cover"]').evaluate((cover) => getComputedStyle(cover).aspectRatio)
      assert.equal(ratio, '1 / 1', 'the stylesheet is there')
    } finally {
      // A page whose backend goes would rightly say so.
      await page.goto('about:blank')
      await stop()
    }
  })

const program = process.env.STORYWIRE_SERVER ?? (await buildServer())

/** @param {string} www */
async function backendWith(www) {
  const server = await startServer(program, { port: 0, www, dist: releaseDist })
  return { url: server.url.replace(/\/$/, ''), stop: () => server.stop() }
}

/** @param {string} folder */
const modulesIn = (folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.wasm') && statSync(join(folder, name)).size > 1000)

/** What a bundler that does not follow `new URL(…, import.meta.url)` leaves to its user. @param {string} installed @param {string} out */
function copyModules(installed, out) {
  for (const name of readdirSync(join(installed, 'dist'))) if (name.endsWith('.wasm')) cpSync(join(installed, 'dist', name), join(out, name))
}

test('Vite builds it', async () => {
  const { folder } = await project('page')
  const { build } = await import('vite')
  /** @type {string[]} */
  const said = []
  const tell = (/** @type {string} */ message) => void said.push(message)
  const customLogger = { info: () => {}, warn: tell, warnOnce: tell, error: tell, clearScreen: () => {}, hasErrorLogged: () => false, hasWarned: false }
  await build({ root: folder, configFile: false, logLevel: 'warn', customLogger, build: { outDir: 'out', emptyOutDir: true } })
  assert.deepEqual(said, [])
  assert.ok(modulesIn(join(folder, 'out')).length > 0, 'the module is a file of its own, which the browser compiles while it loads')
  await works(() => backendWith(join(folder, 'out')))()
})

test('Vite serves it while one develops', async () => {
  const { folder } = await project('page')
  const { createServer } = await import('vite')
  const backend = await backendWith(folder)
  const to = { target: backend.url, ws: true }
  const server = await createServer({
    root: folder,
    configFile: false,
    logLevel: 'error',
    server: { port: 0, host: '127.0.0.1', proxy: Object.fromEntries(['/rest', '/realtime', '/demo', '/api', '/files'].map((path) => [path, to])) },
  })
  await server.listen()
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.httpServer?.address())
  await works(async () => ({ url: `http://127.0.0.1:${port}`, stop: async () => (await server.close(), await backend.stop()) }))()
})

test('webpack builds it', async () => {
  const { folder } = await project('page')
  const { default: webpack } = await import('webpack')
  const stats = await new Promise((resolve, reject) =>
    webpack(
      {
        context: folder,
        mode: 'production',
        entry: './main.js',
        experiments: { outputModule: true, css: true },
        output: { path: join(folder, 'out'), filename: 'main.js', module: true },
        performance: { hints: false },
      },
      (error, result) => (error ? reject(error) : resolve(result)),
    ),
  )
  const { errors, warnings } = stats.toJson({ all: false, errors: true, warnings: true })
  assert.deepEqual([...errors, ...warnings].map(({ message }) => message), [])
  const out = pageOf(folder)
  assert.ok(modulesIn(out).length > 0)
  await works(() => backendWith(out))()
})

test('a plain server has it without a bundler: the files copied', async () => {
  const { folder, installed } = await project('page')
  const out = join(folder, 'out')
  mkdirSync(out)
  cpSync(join(installed, 'dist'), join(out, 'storywire'), { recursive: true })
  const script = readFileSync(join(folder, 'main.js'), 'utf8').replace("import 'storywire/style.css'\n", '').replace("'storywire'", "'/storywire/index.js'").replace("'storywire/eventsource'", "'/storywire/eventsource.js'")
  writeFileSync(join(out, 'main.js'), script)
  writeFileSync(join(out, 'index.html'), readFileSync(join(folder, 'index.html'), 'utf8').replace('</head>', '<link rel="stylesheet" href="/storywire/storywire.css"></head>'))
  await works(() => backendWith(out))()
})

test('Rollup builds it, with the module copied beside', async () => {
  const { folder, installed } = await project('page')
  const { rollup } = await import('rollup')
  /** @type {string[]} */
  const said = []
  const plugin = {
    name: 'as-in-node',
    resolveId: (/** @type {string} */ id) => (id.startsWith('storywire') ? createRequire(join(folder, 'main.js')).resolve(id) : null),
    transform: (/** @type {string} */ _, /** @type {string} */ id) => (id.endsWith('.css') ? { code: '', map: null } : null),
  }
  const bundle = await rollup({ input: join(folder, 'main.js'), plugins: [plugin], onwarn: ({ message }) => void said.push(message) })
  await bundle.write({ dir: join(folder, 'out'), format: 'es' })
  assert.deepEqual(said, [])
  copyModules(installed, join(folder, 'out'))
  cpSync(join(installed, 'dist', 'storywire.css'), join(folder, 'out', 'main.css'))
  await works(() => backendWith(pageOf(folder)))()
})

test('esbuild builds it, with the module copied beside', async () => {
  const { folder, installed } = await project('page')
  const { build } = await import('esbuild')
  const { warnings, errors } = await build({ absWorkingDir: folder, entryPoints: ['main.js'], bundle: true, splitting: true, format: 'esm', outdir: 'out', logLevel: 'silent' })
  assert.deepEqual([...warnings, ...errors], [])
  copyModules(installed, join(folder, 'out'))
  await works(() => backendWith(pageOf(folder)))()
})
