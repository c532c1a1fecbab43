// Running other programs: quietly while all is well, with everything they said when it is not.
import { spawn, spawnSync } from 'node:child_process'
import { constants } from 'node:os'

/** What a person is told and can act on. Anything else that is thrown is a fault of these scripts. */
export class Stop extends Error {}

/** Runs `main`; a Stop ends in its sentence and exit code 1, without a stack. */
export async function script(main) {
  try {
    process.exitCode = (await main()) ?? 0
  } catch (error) {
    if (!(error instanceof Stop)) throw error
    console.error(`\n${error.message}`)
    process.exitCode = 1
  }
}

/** The output of a short command, or null when it failed or is not there. */
export function ask(command, args, options = {}) {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], ...options })
  return status === 0 ? stdout.trim() : null
}

/**
 * Runs a command to its end.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, show?: boolean }} [options] `show` passes the output on as it comes;
 *   without it the output is kept.
 * @returns {Promise<{ code: number, output: string }>} 127 when the command is not there
 */
export function run(command, args, { cwd, env, show = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', show ? 'inherit' : 'pipe', show ? 'inherit' : 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text) => (output += text))
    }
    child.on('error', (error) => resolve({ code: 127, output: `${command}: ${error.message}\n` }))
    child.on('close', (code, signal) => resolve({ code: code ?? 128 + (signal ? constants.signals[signal] : 0), output }))
  })
}

/** Runs a command that must succeed; otherwise prints all that it said and stops with `sentence`. */
export async function must(sentence, command, args, options) {
  const { code, output } = await run(command, args, options)
  if (code === 0) return output
  throw new Stop(`${output}\n${sentence}\n(the command was: ${[command, ...args].join(' ')})`)
}

/** Says what a long step does, that it still does it, and how long it took. */
export async function step(what, work) {
  const start = performance.now()
  const seconds = () => Math.round((performance.now() - start) / 1000)
  console.error(`• ${what} …`)
  const still = setInterval(() => console.error(`  … still at it after ${seconds()} s: ${what}`), 45_000)
  try {
    const result = await work()
    console.error(`  done in ${seconds()} s: ${what}`)
    return result
  } finally {
    clearInterval(still)
  }
}
