#!/usr/bin/env node
import { enableCompileCache } from 'node:module';

// Before anything else is loaded: most of a start is the compiling of modules that have not changed.
enableCompileCache();
const { runProcess } = await import('./run-process.js');
await runProcess();
