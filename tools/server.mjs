// The local backend: built once, then started as it is. The journeys start it too, with their own port and pages.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { environment, locked, root } from './project.mjs'
import { Stop, must } from './shell.mjs'

/** Builds the backend and returns the path of its program. Costs a fraction of a second when nothing has changed. */
export async function buildServer(env = environment()) {
  const args = ['build', ...locked, '--manifest-path', join(root, 'www/server/Cargo.toml'), '--message-format=json-render-diagnostics']
  const output = await must('The local backend could not be built.', 'cargo', args, { cwd: root, env })
  const program = /^\{.*"executable":"((?:[^"\\]|\\.)+)".*$/m.exec(output)
  if (!program) throw new Stop('cargo built the local backend, but named no program.')
  return JSON.parse(`"${program[1]}"`)
}

/**
 * Starts the backend and waits for the line that it prints when it listens.
 * @param {string} program as `buildServer` returns it
 * @param {{ port: number, www?: string, dist: string, onLine?: (line: string) => void }} options port 0: any free one
 * @returns {Promise<{ url: string, pid: number, stop: (signal?: NodeJS.Signals) => Promise<void>, ended: Promise<number | null> }>}
 */
export function startServer(program, { port, www = join(root, 'www'), dist, onLine = () => {} }) {
  const child = spawn(program, ['--port', String(port), '--www', www, '--dist', dist], { stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise((resolve) => child.on('close', resolve))
  const stop = async (signal = 'SIGTERM') => {
    child.kill(signal)
    await ended
  }
  return new Promise((resolve, reject) => {
    let said = ''
    let url
    for (const stream of [child.stdout, child.stderr]) {
      let rest = ''
      stream.setEncoding('utf8').on('data', (text) => {
        const lines = (rest + text).split('\n')
        rest = lines.pop()
        for (const line of lines) {
          said += `${line}\n`
          const address = !url && /http:\/\/[\w.:[\]-]+/.exec(line)
          if (address) resolve({ url: (url = address[0]), pid: child.pid, stop, ended })
          else onLine(line)
        }
      })
    }
    child.on('error', (error) => reject(new Stop(`The local backend could not be started: ${error.message}`)))
    ended.then((code) => reject(new Stop(`${said}The local backend ended with code ${code} before it listened.`)))
  })
}
