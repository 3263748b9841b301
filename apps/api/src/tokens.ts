/** What the application is given from outside, by name: interfaces have no runtime form of their own. */
export const COMMANDS = Symbol('commands');
export const LOGGER = Symbol('logger');
export const READINESS = Symbol('readiness');
export const HOME = Symbol('home');
