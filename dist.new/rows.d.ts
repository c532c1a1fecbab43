import { StorywireError } from './errors.js';
export type Client = import('./client.js').Client;
export type RowsHandlers = import('./types.js').RowsHandlers;
export type RowsOptions = import('./types.js').RowsOptions;
/** @typedef {import('./client.js').Client} Client */
/** @typedef {import('./types.js').RowsHandlers} RowsHandlers */
/** @typedef {import('./types.js').RowsOptions} RowsOptions */
export declare class Rows {
    #private;
    /** Whether changes are followed and the rows have been read since. */
    live: boolean;
    /**
     * @param {Client} client @param {string} table @param {string | Record<string, any> | undefined} filter
     * @param {RowsHandlers} handlers @param {RowsOptions} options @param {boolean} single
     */
    constructor(client: Client, table: string, filter: string | Record<string, any> | undefined, handlers: RowsHandlers, options: RowsOptions, single: boolean);
    /** The rows as they are known, in the order in which they were first seen. */
    get rows(): Record<string, any>[];
    /** The first row, or `undefined`: for sets of one. */
    get row(): Record<string, any>;
    /** Ends it; nothing is called any more. */
    close(): void;
    /** @param {string} event @param {string} key @param {string} row */
    hear(event: string, key: string, row: string): void;
    /** @param {StorywireError} error */
    hearError(error: StorywireError): void;
}
