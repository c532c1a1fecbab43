/**
 * Reports an exception of the page's code as the browser would, and goes on.
 * @template {unknown[]} Arguments
 * @param {((...args: Arguments) => unknown) | null | undefined} listener
 * @param {Arguments} args
 */
export declare function call<Arguments extends unknown[]>(listener: ((...args: Arguments) => unknown) | null | undefined, ...args: Arguments): void;
/** @param {unknown} error */
export declare function report(error: unknown): void;
/**
 * Listeners by event.
 * @template {Record<string, any>} Events
 */
export declare class Listeners<Events extends Record<string, any>> {
    #private;
    /**
     * Adds a listener and returns its undo; a signal that is aborted undoes it too.
     * @template {keyof Events} Event
     * @param {Event} event
     * @param {(value: Events[Event]) => unknown} listener
     * @param {{ signal?: AbortSignal }} [options]
     * @returns {() => void}
     */
    on<Event extends keyof Events>(event: Event, listener: (value: Events[Event]) => unknown, { signal }?: {
        signal?: AbortSignal;
    }): () => void;
    /**
     * @template {keyof Events} Event
     * @param {Event} event
     * @param {Events[Event]} value
     * @returns {boolean} whether anybody listened
     */
    emit<Event extends keyof Events>(event: Event, value: Events[Event]): boolean;
}
