import { jest } from '@jest/globals';

// Jest knows a timeout per project only by this door.
jest.setTimeout(120_000);
