// The package, from src/ and js/.
//
//   node tools/build.mjs          what is published, into dist/: small, minified, with std rebuilt for size
//   node tools/build.mjs --dev    what one works with, into target/dist-dev/: quick to build, readable, with source maps
//
// They lie in different folders, so that neither is ever taken for the other. Each is made anew only when something that
// it is made of has changed.
import { createHash } from 'node:crypto'
import { appendFileSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { vscodeData, webTypes } from './docs/editor-data.mjs'
import { filesUnder, fingerprint, locked, read, root, wasmTarget } from './project.mjs'
import { hasStdSources, rustcVersion } from './rust.mjs'
import { setUp } from './setup.mjs'
import { Stop, ask, must, script, step } from './shell.mjs'
import { snippet } from './snippet.mjs'
import { split } from './split.mjs'

const { version } = JSON.parse(read('package.json'))

/** What a page or a bundler can ask for; js/ has a source of the same name for each. */
const entries = ['index.js', 'start.js', 'eventsource.js', 'testing.js', 'wized-api.js', 'storywire.css', 'emotions.css', 'notifications.css', 'presence.css']

/** Those that carry their WebAssembly in themselves, so that one file is all that a page or a worker needs. */
const alone = ['eventsource.js']

/** Those that work in a classic tag too. `auto.js` loads `start.js`; `inline.js` has everything in itself. */
const classic = ['auto.js', 'inline.js']

/**
 * The WebAssembly modules, each a set of the crate's features. js/ imports a module's glue as `../pkg/<name>.js`; a module
 * that nothing in js/ imports is not built. `glue` takes the place of what wasm-bindgen writes.
 */
const modules = [
  { name: 'storywire', features: 'client' },
  { name: 'storywire_story', features: 'story', glue: 'js/story-glue.js' },
  { name: 'storywire_stream', features: 'stream' },
]

export const devDist = join(root, 'target', 'dist-dev')
export const releaseDist = join(root, 'dist')

/** Where the glue lies that js/ imports: for the editor, for tsc, and for tests of js/ in Node. */
const devGlue = join(root, 'pkg')

const madeOf = () =>
  fingerprint(
    filesUnder('Cargo.toml', 'Cargo.lock', 'src', 'js', 'package.json', 'package-lock.json', 'tsconfig.json', 'tools/build.mjs', 'tools/split.mjs'),
    rustcVersion(),
    version,
    process.env.NAMES ?? '',
  )

/**
 * Builds what is out of date. The environment is that of `setUp`.
 * @param {{ release: boolean, env: NodeJS.ProcessEnv }} options
 * @returns {Promise<string>} the folder that was built
 */
export async function build({ release, env }) {
  const dist = release ? releaseDist : devDist
  const stamp = join(root, 'target', release ? 'built-release' : 'built-dev')
  const made = madeOf()
  const whole = existsSync(dist) && (release || existsSync(devGlue))
  if (whole && existsSync(stamp) && readFileSync(stamp, 'utf8') === made) return addWhatIsWritten(dist)

  rmSync(stamp, { force: true })
  const glue = release ? join(root, 'target', 'pkg-release') : devGlue
  await step(release ? 'building the package for release (about 1 minute, 2 the first time)' : 'building the package for development', async () => {
    await compile({ release, env, glue })
    await assemble({ release, env, glue, dist })
  })
  writeFileSync(stamp, made)
  return addWhatIsWritten(dist)
}

/** The attributes, for editors, and the tag to paste. Written each time, so that a change of these needs no build. */
function addWhatIsWritten(dist) {
  const json = (name, value) => writeFileSync(join(dist, name), `${JSON.stringify(value, null, 1)}\n`)
  json('web-types.json', webTypes(JSON.parse(read('package.json')).version))
  json('vscode.html-data.json', vscodeData())
  writeFileSync(join(dist, 'snippet.html'), snippet(dist))
  return dist
}

/** Rust to WebAssembly and its glue, by wasm-pack. */
async function compile({ release, env, glue }) {
  const sources = filesUnder('js').map((file) => readFileSync(file, 'utf8')).join('\n')
  const wanted = modules.filter(({ name }) => sources.includes(`pkg/${name}.js`))
  if (wanted.length === 0) throw new Stop('Nothing in js/ imports ../pkg/storywire.js, so there is nothing to build.')
  rmSync(glue, { recursive: true, force: true })
  for (const { name, features, glue: own } of wanted) {
    const place = join(root, 'target', release ? 'wasm-pack-release' : 'wasm-pack-dev', name)
    rmSync(place, { recursive: true, force: true })
    const size = release ? forSize() : { env: {}, args: [] }
    // `force`: it would look for the target where rustup keeps its own; the set-up has seen to it that all is there.
    const wasmPack = ['--log-level', 'warn', 'build', root, '--mode', 'force', '--target', 'web', '--no-pack', '--no-opt']
    const where = ['--out-dir', place, '--out-name', name, release ? '--release' : '--dev']
    const cargo = ['--', ...locked, '--no-default-features', '--features', features, ...size.args]
    await must('wasm-pack could not build the crate.', 'wasm-pack', [...wasmPack, ...where, ...cargo], { cwd: root, env: { ...env, ...size.env } })
    if (own) cpSync(join(root, own), join(place, `${name}.js`))
    if (release) refuseMismatches(place, name)
    if (release) await shrink(place, name, env, Boolean(own))
    seal(place, name)
    mkdirSync(glue, { recursive: true })
    for (const file of readdirSync(place)) if (/\.(js|wasm|d\.ts)$/.test(file)) cpSync(join(place, file), join(glue, file))
  }
}

/**
 * std is rebuilt with the crate's own profile, and a panic ends in one instruction instead of a message: a quarter less to
 * download. A function returns two values as two values, not through memory: another twentieth. All of it is unstable,
 * hence RUSTC_BOOTSTRAP, in a target folder of its own.
 */
function forSize() {
  const env = { CARGO_TARGET_DIR: join(root, 'target', 'release-for-size'), RUSTC_BOOTSTRAP: '1' }
  if (!hasStdSources()) {
    console.error("  The sources of Rust's standard library are missing, so this build is about a quarter larger: `rustup component add rust-src` gets them.")
    return { env: { ...env, RUSTFLAGS: '-Zlocation-detail=none -Zfmt-debug=none' }, args: [] }
  }
  const target = multivalueTarget({ ...process.env, ...env })
  const flags = '-Zunstable-options -Cpanic=immediate-abort -Zmir-opt-level=3 -Zlocation-detail=none -Zfmt-debug=none --cfg=speed'
  return {
    env: { ...env, RUSTFLAGS: target.length ? `${flags} -Ctarget-feature=+multivalue` : flags },
    args: [...target, '-Zbuild-std=std,panic_abort', '-Zbuild-std-features=optimize_for_size'],
  }
}

/**
 * cargo's arguments for the ordinary target with LLVM's convention for multiple values, which every browser has had since
 * 2020; none where this rustc does not take such a description.
 */
function multivalueTarget(env) {
  const described = ask('rustc', ['-Zunstable-options', '--print', 'target-spec-json', '--target', wasmTarget], { cwd: root, env })
  if (!described) return []
  const { 'is-builtin': _, ...description } = JSON.parse(described)
  const file = join(root, 'target', 'wasm32-multivalue.json')
  mkdirSync(join(root, 'target'), { recursive: true })
  writeFileSync(file, JSON.stringify({ ...description, 'llvm-abiname': 'experimental-mv' }, undefined, 2))
  const isTaken = ask('rustc', ['-Zunstable-options', '--print', 'cfg', '--target', file], { cwd: root, env }) !== null
  if (!isTaken) {
    console.error('  This rustc does not take the convention for multiple values, so this build is about a twentieth larger.')
    return []
  }
  const isAskedFor = ask('cargo', ['-Z', 'help'], { cwd: root, env })?.includes('json-target-spec')
  return ['--target', file, ...(isAskedFor ? ['-Zjson-target-spec'] : [])]
}

/** The linker replaces a call of a function that has another signature by a trap, and only warns. */
function refuseMismatches(place, name) {
  const [mismatch] = /signature_mismatch:\w+/.exec(readFileSync(join(place, `${name}_bg.wasm`), 'latin1')) ?? []
  if (mismatch) throw new Stop(`${name} calls a function that it cannot: ${mismatch}. A product with a check for overflow is one that does: use product() of src/core/base/time.rs.`)
}

/** wasm-opt for size, and one-letter names for what module and glue call each other. */
async function shrink(place, name, env, isOwn) {
  const wasm = join(place, `${name}_bg.wasm`)
  const small = join(place, 'small.wasm')
  // For the profiler, `NAMES=1` keeps the names of functions.
  const strip = env.NAMES ? ['-g'] : ['--strip-debug', '--strip-producers', '--strip-target-features']
  // Without a feature flag it keeps to the features that the module itself declares.
  // A function that is inlined into its one caller is shorter, and compresses worse. The first kilobyte is the far end of
  // the stack, where nothing lies, so an address may be folded into the access. Blocks are built anew from a flat form, which
  // leaves fewer branches than rustc's own. Functions of one module of the crate resemble each other and stand side by side.
  // What is left has no names: `npm run size -- --why` takes them from here.
  const names = `--symbolmap=${join(place, 'names.txt')}`
  const order = ['-Oz', '--flatten', '--rereloop', '-Oz', '-Oz', '--reorder-functions-by-name']
  const passes = [...order, '--low-memory-unused', '--one-caller-inline-max-function-size=1', names, ...strip, '--minify-imports-and-exports-and-modules']
  const output = await must('wasm-opt could not shrink the module.', 'wasm-opt', [wasm, '-o', small, ...passes], { env })
  renameSync(small, wasm)
  const glue = join(place, `${name}.js`)
  writeFileSync(glue, rename(readFileSync(glue, 'utf8'), name, JSON.parse(output.slice(output.indexOf('{'), output.lastIndexOf('}') + 1)), isOwn))
}

/**
 * Writes the short names into the glue. Of the raw exports that the glue's `init` resolves with, only `memory` keeps its
 * name; js/ has no business with the others. Our own glue answers an import by any name.
 * @param {string} glue @param {string} name of the module
 * @param {{ imports: [string, string, string][], exports: [string, string][] }} names as wasm-opt prints them
 */
function rename(glue, name, { imports, exports }, isOwn) {
  // A long name left in the glue is a module that cannot start, so nothing may be missed.
  const replace = (pattern, replacement) => {
    if (!pattern.test(glue)) throw new Error(`wasm-bindgen writes its glue in another way than this version: ${pattern} is not in that of ${name}`)
    glue = glue.replace(pattern, replacement)
  }
  const literally = (text) => text.replace(/[.$]/g, '\\$&')
  const module = `./${name}_bg.js`
  if (!isOwn) replace(new RegExp(`"${literally(module)}": import0`), '"a": import0')
  for (const [from, long, short] of isOwn ? [] : imports) {
    if (from !== module) throw new Error(`${name} imports from ${from}, which its glue does not know`)
    replace(new RegExp(`^(\\s+)${literally(long)}: `, 'm'), `$1${short}: `)
  }
  if (!isOwn) replace(/(__wbindgen_start\(\);\s+)return wasm;/, '$1return { memory: wasm.memory };')
  for (const [long, short] of exports) {
    // Not every export is for the glue: some are for those who walk the heap.
    glue = glue.replace(new RegExp(`\\bwasm\\.${literally(long)}(?![\\w$])`, 'g'), `wasm.${short}`)
  }
  return glue
}

/** The glue takes its own module and no other: the browser compares what it has fetched with this hash. */
function seal(place, name) {
  const glue = join(place, `${name}.js`)
  const text = readFileSync(glue, 'utf8')
  const fetched = 'fetch(module_or_path)'
  if (!text.includes(fetched)) throw new Error(`wasm-bindgen writes its glue in another way than this version: ${fetched} is not in that of ${name}`)
  writeFileSync(glue, text.replace(fetched, `fetch(module_or_path, { integrity: '${integrityOf(join(place, `${name}_bg.wasm`), 'sha256')}' })`))
}

/** As `integrity` has it: https://www.w3.org/TR/SRI/. What every page downloads has the shorter one in it. */
const integrityOf = (path, kind = 'sha384') => `${kind}-${createHash(kind).update(readFileSync(path)).digest('base64')}`

/** js/ and the glue, put together into what a page loads. */
async function assemble({ release, env, glue, dist }) {
  const { build: bundle } = await import('esbuild')
  const fresh = `${dist}.new`
  rmSync(fresh, { recursive: true, force: true })
  const banner = release ? {} : { js: '// A development build: large, slow and with assertions. `npm run build` makes the one to publish.' }
  const put = (names, plugins, more = {}) => bundle({
    entryPoints: names.map((name) => join(root, 'js', name)).filter((path) => existsSync(path)),
    bundle: true,
    outdir: fresh,
    format: 'esm',
    target: 'es2022',
    charset: 'utf8',
    minify: release,
    sourcemap: !release,
    legalComments: 'none',
    logLevel: 'error',
    banner,
    plugins,
    ...more,
  }).catch((error) => {
    throw new Stop(`${error.message}\nesbuild could not put the package together.`)
  })
  const fromGlue = {
    name: 'glue',
    setup: ({ onResolve }) => onResolve({ filter: /\/pkg\/\w+\.js$/ }, ({ path }) => ({ path: join(glue, path.replace(/.*\//, '')) })),
  }
  const inlined = { name: 'inline', setup: ({ onLoad }) => onLoad({ filter: /[\\/]storywire\w*\.js$/ }, ({ path }) => ({ contents: inline(path) })) }
  // One module is enough where both would be in the file.
  const oneModule = { name: 'one module', setup: ({ onResolve }) => onResolve({ filter: /\/load-story\.js$/ }, () => ({ path: join(root, 'js', 'load.js') })) }
  const importsOf = await split(entries.filter((name) => name.endsWith('.js') && !alone.includes(name)), fresh, { glue, define: facts({}), release, banner: banner.js })
  await put(entries.filter((name) => name.endsWith('.css')), [])
  await put(alone, [fromGlue, inlined])
  const wasm = (name) => ({ name, integrity: integrityOf(join(glue, name), 'sha256') })
  const early = { STORYWIRE_FILES: importsOf('start.js'), STORYWIRE_WASM: wasm('storywire_story_bg.wasm') }
  await put(['auto.js'], [], { format: 'iife', target: 'es2020', define: facts(early) })
  // For bundlers, which find the rest by its name; one more entry among those that share would cut what they share in smaller pieces.
  await put(['auto-module.js'], [{ name: 'rest', setup: ({ onResolve }) => onResolve({ filter: /\/start\.js$/ }, ({ path }) => ({ path, external: true })) }], { define: facts({}) })
  const { outputFiles } = await put(entries.filter((name) => name.endsWith('.css')), [], { write: false, sourcemap: false })
  const styles = { STORYWIRE_STYLES: outputFiles.map(({ text }) => text).join('\n') }
  // What it has not in itself, such as the stylesheet of a part, it can only have from the release.
  const released = { 'import.meta.url': JSON.stringify(`https://cdn.jsdelivr.net/npm/storywire@${version}/dist/inline.js`) }
  await put(['inline.js'], [oneModule, fromGlue, inlined], { format: 'iife', define: { ...facts(styles), ...released } })
  for (const file of readdirSync(glue)) if (file.endsWith('.wasm')) cpSync(join(glue, file), join(fresh, file))
  await declareTypes(fresh, env)
  const files = readdirSync(fresh).filter((name) => /\.(js|css|wasm)$/.test(name)).sort()
  const list = files.map((name) => [name, { integrity: integrityOf(join(fresh, name)), bytes: readFileSync(join(fresh, name)).length }])
  writeFileSync(join(fresh, 'manifest.json'), `${JSON.stringify({ version, files: Object.fromEntries(list) }, null, 2)}\n`)
  rmSync(dist, { recursive: true, force: true })
  renameSync(fresh, dist)
}

/** What js/build/facts.d.ts declares, as esbuild takes it. */
function facts(known) {
  const all = { STORYWIRE_VERSION: version, STORYWIRE_FILES: [], STORYWIRE_WASM: {}, STORYWIRE_STYLES: '', ...known }
  return Object.fromEntries(Object.entries(all).map(([name, value]) => [name, JSON.stringify(value)]))
}

/** The types that the sources of js/ declare in their comments, and those that are written out. */
export async function declareTypes(dist, env) {
  const sources = join(root, 'js')
  const emit = ['--noEmit', 'false', '--declaration', '--emitDeclarationOnly', '--stripInternal', '--noCheck']
  await must('tsc could not write the types.', 'tsc', ['--project', root, ...emit, '--rootDir', sources, '--outDir', dist], { env })
  for (const file of readdirSync(sources)) if (file.endsWith('.d.ts')) cpSync(join(sources, file), join(dist, file))
  appendFileSync(join(dist, 'index.d.ts'), "export * from './types.js'\n")
  // Who imports the tag's script has its global too.
  for (const name of classic) appendFileSync(join(dist, name.replace('.js', '.d.ts')), "import './window.js'\n")
  // The glue is not published, and what the facade does with it is nobody's business.
  for (const file of filesUnder(relative(root, dist)).filter((name) => name.endsWith('.d.ts'))) {
    const types = readFileSync(file, 'utf8')
    writeFileSync(file, types.replace(/import\(['"]\.\.\/pkg\/\w+\.js['"]\)\.\w+/g, 'unknown'))
  }
  const needed = new Set()
  for (const { types } of Object.values(JSON.parse(read('package.json')).exports)) if (types) withImportedTypes(join(dist, basename(types)), needed)
  for (const file of filesUnder(relative(root, dist))) if (file.endsWith('.d.ts') && !needed.has(file)) rmSync(file)
}

/** Adds a file of types, and those that it imports. */
function withImportedTypes(file, seen) {
  if (seen.has(file) || !existsSync(file)) return
  seen.add(file)
  for (const [, name] of readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?\s*["'](\.[^"']+)\.js["']/g)) withImportedTypes(join(file, '..', `${name}.d.ts`), seen)
}

/** The glue, with its module as text in place of the module's URL. */
function inline(path) {
  const url = /new URL\('(\w+\.wasm)', import\.meta\.url\)/
  const glue = readFileSync(path, 'utf8')
  const [, name] = url.exec(glue) ?? []
  if (!name) throw new Error(`wasm-bindgen writes its glue in another way than this version: ${url} is not in ${path}`)
  const bytes = readFileSync(join(path, '..', name)).toString('base64')
  return glue.replace(url, `Uint8Array.from(atob('${bytes}'), (character) => character.charCodeAt(0))`)
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await script(async () => {
    const release = !process.argv.includes('--dev')
    const env = await setUp({ browser: false })
    const dist = await build({ release, env })
    console.error(`${release ? 'The package' : 'The development build'} is in ${dist}.`)
  })
}
