// Where things are, and the versions that are pinned elsewhere.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/[\\/]$/, '')
export const wasmTarget = 'wasm32-unknown-unknown'

export const read = (path) => readFileSync(join(root, path), 'utf8')

/** Every file under the given files and folders of the project, in a fixed order. Missing ones are left out. */
export function filesUnder(...paths) {
  const found = []
  const visit = (path) => {
    if (!existsSync(path)) return
    if (statSync(path).isDirectory()) {
      for (const name of readdirSync(path).sort()) if (name !== 'target') visit(join(path, name))
    } else {
      found.push(path)
    }
  }
  for (const path of paths) visit(join(root, path))
  return found
}

/** A short name for the contents of files: it changes when one of them does. */
export function fingerprint(files, ...more) {
  const hash = createHash('sha256')
  for (const file of files) hash.update(file.slice(root.length)).update('\0').update(readFileSync(file)).update('\0')
  for (const text of more) hash.update(text).update('\0')
  return hash.digest('hex').slice(0, 12)
}

/** The one place that names the version of wasm-bindgen is the SDK's own manifest. */
export function wasmBindgenVersion() {
  const line = /^wasm-bindgen\s*=.*?"=(\d+\.\d+\.\d+)"/m.exec(read('Cargo.toml'))
  if (!line) throw new Error('Cargo.toml does not pin wasm-bindgen with an exact version, such as wasm-bindgen = "=0.2.130"')
  return line[1]
}

/** The oldest Rust that the workspace accepts. */
export const oldestRust = () => /^rust-version\s*=\s*"(\d+\.\d+)/m.exec(read('Cargo.toml'))?.[1] ?? '1.85'

/** Shared by all clones of one user, so that a second clone has nothing to build. */
const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'storywire')

/** Where a change is judged, Cargo.lock has to be complete; where one is made, cargo brings it up to date. */
export const locked = process.env.CI ? ['--locked'] : []

/** The folder of wasm-pack, wasm-bindgen and wasm-bindgen-test-runner, one for each version of them. */
export function wasmCliDir() {
  const sources = filesUnder('tools/wasm-cli')
  return join(cache, `wasm-cli-${wasmBindgenVersion()}-${fingerprint(sources, process.platform, process.arch)}`)
}

/** The environment in which every tool of the project is found. */
export function environment() {
  const places = [join(wasmCliDir(), 'bin'), join(root, 'node_modules', '.bin')]
  return { ...process.env, PATH: [...places, process.env.PATH].join(delimiter) }
}
