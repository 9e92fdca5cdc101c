/** Nothing: peers are reached over TCP alone. */
export {};
