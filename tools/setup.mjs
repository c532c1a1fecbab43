// Puts in place what the project needs on this machine, and costs nothing when it is all there.
//
//   node tools/setup.mjs                 for everything, the tests in a browser included
//   node tools/setup.mjs --no-browser    for building and `npm start`
//   eval "$(node tools/setup.mjs --print-env)"   the same tools in your own shell
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { browserAndDriver, findBrowser, findDriver } from './browser.mjs'
import { environment, filesUnder, fingerprint, read, root, wasmBindgenVersion, wasmCliDir } from './project.mjs'
import { aptInstall, rustcVersion, setUpRust } from './rust.mjs'
import { Stop, ask, must, script, step } from './shell.mjs'

const wasmTools = ['wasm-pack', 'wasm-bindgen', 'wasm-bindgen-test-runner']
const executable = process.platform === 'win32' ? '.exe' : ''

/** In node_modules, because whoever removes that has to set up anew. */
const stampFile = join(root, 'node_modules', '.storywire-setup')

/** Everything that decides what is installed; another value means: look again. */
const stampText = () =>
  JSON.stringify({
    pins: fingerprint(filesUnder('package-lock.json', 'tools/rust.mjs', 'tools/setup.mjs'), wasmCliDir()),
    rust: rustcVersion(),
  })

const isStamped = () => existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stampText()
const hasWasmCli = () => wasmTools.every((name) => existsSync(join(wasmCliDir(), 'bin', name + executable)))
const hasBrowser = () => Boolean(findBrowser() && findDriver())
const canInstallBrowser = () => process.getuid?.() === 0 && existsSync('/etc/debian_version')

/**
 * @param {{ browser: boolean }} need `browser`: for the tests that run in one. Where it cannot be installed from here,
 *   those tests say so; all else works.
 * @returns {Promise<NodeJS.ProcessEnv>} the environment in which the project's tools are found
 */
export async function setUp({ browser }) {
  const browserMissing = browser && !hasBrowser() && canInstallBrowser()
  if (!isStamped() || !hasWasmCli() || browserMissing) {
    checkPins()
    console.error('Setting up what is missing on this machine; the next run finds it in place.')
    // They are independent, and a machine that cannot build at all should hear of it before it has built for minutes.
    const rust = setUpRust(() => (browserMissing ? installBrowser() : undefined))
    const canBuildNow = ask('cargo', ['--version'], { cwd: root }) !== null
    const wasmCli = canBuildNow ? installWasmCli() : rust.then(installWasmCli)
    const results = await Promise.allSettled([rust, wasmCli, installNodeModules()])
    const failed = results.find((result) => result.status === 'rejected')
    if (failed) throw failed.reason
    writeFileSync(stampFile, stampText())
    console.error(`Set up: ${rustcVersion().split('\n')[0]}, wasm-bindgen ${wasmBindgenVersion()}.`)
  }
  return environment()
}

/**
 * Whether a version is in a range of `^major.minor.0` and `>=major.minor.0`, with `||` between them: npm's own code for that
 * is a package, and there are none yet.
 */
export function fits(version, range) {
  const [major, minor] = version.split('.').map(Number)
  return range.split('||').some((part) => {
    const [, sign, least, leastMinor] = /^\s*(\^|>=)(\d+)\.(\d+)\.0\s*$/.exec(part) ?? []
    return major === Number(least) ? minor >= Number(leastMinor) : sign === '>=' && major > Number(least)
  })
}

function checkPins() {
  const { version: needed } = JSON.parse(read('package.json')).devEngines.runtime
  if (Number.parseInt(process.versions.node) < 20) throw new Stop(`Node ${needed} is needed to build and to test, and this is ${process.version}.`)
  // Only the bundlers of the tests want so new a one: all else works.
  if (!fits(process.versions.node, needed)) console.error(`This is Node ${process.version}: the tests of the package, which run Vite, need ${needed}.`)
  const wanted = wasmBindgenVersion()
  const tool = /^wasm-bindgen-cli = .*?"=([\d.]+)"/m.exec(read('tools/wasm-cli/Cargo.toml'))?.[1]
  if (tool !== wanted) {
    throw new Stop(
      `Cargo.toml pins wasm-bindgen ${wanted}, but tools/wasm-cli/Cargo.toml has ${tool}: write ${wanted} there (twice), run \`cargo update\` in tools/wasm-cli, then this again.`,
    )
  }
}

async function installWasmCli() {
  if (hasWasmCli()) return
  await step(`building wasm-pack and wasm-bindgen ${wasmBindgenVersion()}, once for all clones (about 1 minute)`, async () => {
    const place = mkdtempSync(join(tmpdir(), 'storywire-wasm-cli-'))
    try {
      const args = ['build', '--locked', '--bins', '--manifest-path', join(root, 'tools/wasm-cli/Cargo.toml'), '--target-dir', place]
      await must('wasm-pack and wasm-bindgen could not be built.', 'cargo', args, { cwd: root })
      const fresh = `${wasmCliDir()}.new-${process.pid}`
      mkdirSync(join(fresh, 'bin'), { recursive: true })
      for (const name of wasmTools) cpSync(join(place, 'debug', name + executable), join(fresh, 'bin', name + executable))
      rmSync(wasmCliDir(), { recursive: true, force: true })
      renameSync(fresh, wasmCliDir())
    } finally {
      rmSync(place, { recursive: true, force: true })
    }
  })
}

async function installNodeModules() {
  const installed = join(root, 'node_modules', '.storywire-lock')
  if (existsSync(installed) && readFileSync(installed, 'utf8') === read('package-lock.json')) return
  await step('installing the packages of package-lock.json (about 10 s)', () =>
    must('npm could not install the packages.', 'npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: root }),
  )
  cpSync(join(root, 'package-lock.json'), installed)
}

async function installBrowser() {
  await step('installing Chromium and its driver for the tests in a browser (about 40 s)', () =>
    aptInstall('chromium', 'chromium-driver', 'fonts-liberation'),
  )
}

function printEnvironment({ PATH }) {
  console.log(`export PATH='${PATH}'`)
  if (hasBrowser()) console.log(`export CHROMEDRIVER='${browserAndDriver().driver}'`)
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await script(async () => {
    const env = await setUp({ browser: !process.argv.includes('--no-browser') })
    if (process.argv.includes('--print-env')) printEnvironment(env)
    else console.error('Everything is in place.')
  })
}
