// The page's clock: never goes back, and counts the time that the machine slept.

/**
 * Both of the browser's clocks are read. `performance.now()` never goes back but stands still in some browsers while the
 * machine sleeps; `Date.now()` counts sleep but can be set back. Each reading advances by whichever moved further.
 * @returns {() => number} milliseconds since 1970
 */
export function startClock() {
  let [steady, wall] = [performance.now(), Date.now()]
  let now = wall
  return () => {
    const [lastSteady, lastWall] = [steady, wall]
    steady = performance.now()
    wall = Date.now()
    return (now += Math.max(steady - lastSteady, wall - lastWall, 0))
  }
}
