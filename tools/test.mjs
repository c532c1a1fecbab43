// Every test there is, cheapest first, whatever fails on the way; the last line counts them.
//
//   node tools/test.mjs                    all groups
//   node tools/test.mjs native wasm        these
//   node tools/test.mjs --check            those that are quick: what one runs before each commit
//   node tools/test.mjs e2e -- --test-name-pattern retry    what follows `--` goes to the runner of each group
//   node tools/test.mjs e2e --dev          the journeys with the development build, which is made in a quarter of the time
import { join } from 'node:path'
import { browserAndDriver } from './browser.mjs'
import { build } from './build.mjs'
import { filesUnder, locked, root, wasmTarget } from './project.mjs'
import { buildServer } from './server.mjs'
import { setUp } from './setup.mjs'
import { measure } from './size.mjs'
import { Stop, run, script } from './shell.mjs'
import { browserThroughProxy } from './test-proxy.mjs'

/**
 * A group runs commands until one fails. `counts` says that it has tests, so that running none is a failure; the others
 * are checks, which pass or fail as a whole.
 * @typedef {{ name: string, what: string, quick?: boolean, counts?: boolean, isThere?: () => boolean,
 *   commands: (env: NodeJS.ProcessEnv) => Promise<Command[]> | Command[] }} Group
 * @typedef {[command: string, args: string[], env?: NodeJS.ProcessEnv]} Command
 */

const args = process.argv.slice(2)
const split = args.includes('--') ? args.indexOf('--') : args.length
const forRunner = args.slice(split + 1)
const chosen = args.slice(0, split).filter((arg) => !arg.startsWith('--'))
const onlyQuick = args.slice(0, split).includes('--check')
const release = !args.slice(0, split).includes('--dev')

const tsConfig = join(root, 'tsconfig.json')
const nodeTests = (folder) => filesUnder(folder).filter((file) => /\.(test|spec)\.m?js$/.test(file))
const runNodeTests = (folder, ...more) => ['node', ['--test', '--test-reporter=spec', ...more, ...forRunner, ...nodeTests(folder)]]
const clippy = (...what) => ['cargo', ['clippy', '--quiet', ...locked, ...what, '--', '-D', 'warnings']]

/** @type {Group[]} */
const groups = [
  {
    name: 'format',
    what: 'formatting (`npm run fmt` mends it)',
    quick: true,
    commands: () => [
      ['cargo', ['fmt', '--all', '--check', '--', '--color', 'never']],
      ['cargo', ['fmt', '--all', '--check', '--manifest-path', 'tools/wasm-cli/Cargo.toml', '--', '--color', 'never']],
    ],
  },
  {
    name: 'lint',
    what: 'lints of native code',
    quick: true,
    commands: () => [clippy('--workspace', '--all-targets')],
  },
  {
    name: 'native',
    what: 'native tests, the backend included',
    quick: true,
    counts: true,
    commands: () => [['cargo', ['test', '--workspace', ...locked, '--no-fail-fast', ...forRunner]]],
  },
  {
    name: 'lint:wasm',
    what: 'lints of the code for browsers',
    quick: true,
    commands: () => [clippy('--package', 'storywire', '--target', wasmTarget, '--lib', '--test', 'wasm')],
  },
  {
    name: 'types',
    what: 'types of js/, checked against the module',
    quick: true,
    isThere: () => filesUnder('js').some((file) => file.endsWith('.js')),
    commands: async (env) => {
      await build({ release: false, env })
      return [['tsc', ['--project', tsConfig]]]
    },
  },
  {
    name: 'wasm',
    what: 'tests of the adapters, in a headless browser',
    counts: true,
    isThere: () => filesUnder('tests/wasm').length > 0,
    commands: async () => {
      const env = {
        CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER: 'wasm-bindgen-test-runner',
        CHROMEDRIVER: browserAndDriver().driver,
        WASM_BINDGEN_TEST_WEBDRIVER_JSON: await browserThroughProxy(),
        // A busy machine takes longer than the runner's 20 s to start the browser and to compile what it tests.
        WASM_BINDGEN_TEST_TIMEOUT: '60',
      }
      return [['cargo', ['test', '--package', 'storywire', ...locked, '--target', wasmTarget, '--test', 'wasm', ...forRunner], env]]
    },
  },
  {
    name: 'js',
    what: 'tests of js/, in Node',
    counts: true,
    isThere: () => filesUnder('tests/js').length > 0,
    commands: async (env) => {
      await build({ release: false, env })
      return [runNodeTests('tests/js')]
    },
  },
  {
    name: 'size',
    what: 'the release and its size',
    commands: async (env) => {
      await build({ release: true, env })
      const { isWithinBudget, sentence } = measure()
      if (!isWithinBudget) throw new Stop(sentence)
      console.log(`  ${sentence}`)
      return []
    },
  },
  {
    name: 'package',
    what: 'the package as npm packs it: what is in it, its types, bundlers',
    counts: true,
    isThere: () => filesUnder('tests/package').length > 0,
    commands: async (env) => {
      const { browser } = browserAndDriver()
      const [dist, server] = [await build({ release: true, env }), await buildServer(env)]
      const given = { CHROMIUM: browser, STORYWIRE_DIST: dist, STORYWIRE_SERVER: server }
      return [[...runNodeTests('tests/package', '--test-concurrency=1'), given]]
    },
  },
  {
    name: 'e2e',
    what: `journeys through the pages, in a browser, with the ${release ? 'release' : 'development build'}`,
    counts: true,
    isThere: () => filesUnder('tests/e2e').length > 0,
    commands: async (env) => {
      const { browser } = browserAndDriver()
      const [dist, server] = [await build({ release, env }), await buildServer(env)]
      const given = { CHROMIUM: browser, STORYWIRE_DIST: dist, STORYWIRE_SERVER: server }
      // One after the other: on two cores, journeys side by side time each other out.
      return [[...runNodeTests('tests/e2e', '--test-concurrency=1'), given]]
    },
  },
  {
    name: 'bench',
    what: 'the measurements, with few messages and no judgement of time',
    counts: true,
    isThere: () => filesUnder('tests/bench').length > 0,
    commands: async (env) => {
      const { browser } = browserAndDriver()
      const dist = await build({ release, env })
      return [[...runNodeTests('tests/bench', '--test-concurrency=1'), { CHROMIUM: browser, STORYWIRE_DIST: dist }]]
    },
  },
]

/** What the runners say at their end: cargo's and wasm-bindgen-test's lines, and those of Node's spec reporter. */
function count(output) {
  let [passed, failed] = [0, 0]
  for (const [, pass, fail] of output.matchAll(/^test result: \w+\. (\d+) passed; (\d+) failed;/gm)) {
    passed += Number(pass)
    failed += Number(fail)
  }
  for (const [, kind, number] of output.matchAll(/^ℹ (pass|fail|cancelled) (\d+)$/gm)) {
    if (kind === 'pass') passed += Number(number)
    else failed += Number(number)
  }
  return { passed, failed }
}

async function runGroup({ name, what, counts, commands }, env) {
  console.log(`\n${name}: ${what} …`)
  const start = performance.now()
  let [passed, failed, problem] = [0, 0, '']
  try {
    for (const [command, commandArgs, more] of await commands(env)) {
      const { code, output } = await run(command, commandArgs, { cwd: root, env: { ...env, ...more } })
      const counted = count(output)
      passed += counted.passed
      failed += counted.failed
      if (code !== 0) {
        problem = `${output}\n${name} failed: ${[command, ...commandArgs].join(' ')}`
        break
      }
    }
    if (!problem && counts && passed === 0) problem = `${name} ran no test.`
  } catch (error) {
    problem = error instanceof Stop ? error.message : error.stack
  }
  if (problem) {
    console.log(problem)
    // What failed without a failing test, such as a build or a lint, counts as one.
    failed ||= 1
  }
  const seconds = (performance.now() - start) / 1000
  const result = { name, passed, failed, seconds, counts }
  console.log(`  ${outcome(result)} in ${seconds.toFixed(1)} s`)
  return result
}

const outcome = ({ counts, passed, failed }) => (counts ? `${passed} passed, ${failed} failed` : failed ? 'failed' : 'fine')

await script(async () => {
  const unknown = chosen.filter((name) => !groups.some((group) => group.name === name))
  if (unknown.length) throw new Stop(`There is no group ${unknown.join(', ')}. The groups are ${groups.map(({ name }) => name).join(', ')}.`)
  const wanted = groups.filter(({ name, quick }) => (chosen.length ? chosen.includes(name) : quick || !onlyQuick))

  const env = await setUp({ browser: wanted.some(({ name }) => ['wasm', 'package', 'e2e', 'bench'].includes(name)) })
  const results = []
  for (const group of wanted) {
    if (group.isThere && !group.isThere()) console.log(`\n${group.name}: there is nothing of this yet.`)
    else results.push(await runGroup(group, env))
  }

  const sum = (key) => results.reduce((total, result) => total + result[key], 0)
  console.log('')
  for (const result of results) {
    console.log(`${result.failed ? '✗' : '✓'} ${result.name.padEnd(10)} ${result.seconds.toFixed(1).padStart(6)} s   ${outcome(result)}`)
  }
  console.log(`\n${sum('passed')} passed, ${sum('failed')} failed`)
  return sum('failed') > 0 || (sum('passed') === 0 && wanted.some(({ counts }) => counts)) ? 1 : 0
})
