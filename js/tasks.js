// Turns: each runs as a task would, with nothing on the stack below it, so that promises settle between two of them.
//
// A task of its own for each event would cost more than the event. The browser lets microtasks run after every listener of
// an event it dispatches itself, so one message to a port with many listeners is as good as many tasks.

/** How many turns share a task. */
const LISTENERS = 64

/**
 * @typedef {{ turn(): boolean }} Job `turn` does one thing, and answers whether there is more to do
 */

/** @type {Job[]} */
const jobs = []
let first = 0
let isPosted = false
/** @type {(() => void) | undefined} */
let post

/**
 * Gives `job` its turns, after those that were queued before.
 * @param {Job} job
 */
export function queueJob(job) {
  jobs.push(job)
  if (!isPosted) {
    isPosted = true
    post ??= open()
    post()
  }
}

function open() {
  const { port1, port2 } = new MessageChannel()
  for (let count = 0; count < LISTENERS; count++) port1.addEventListener('message', () => takeTurn())
  port1.addEventListener('message', () => {
    if (first < jobs.length) return post?.()
    isPosted = false
  })
  port1.start()
  return () => port2.postMessage(null)
}

function takeTurn() {
  const job = jobs[first]
  if (!job) return
  // Moved on before the turn, so that a job that throws is not given another for ever.
  if (job.turn()) return
  first += 1
  if (first === jobs.length || first > 1000) {
    jobs.splice(0, first)
    first = 0
  }
}
