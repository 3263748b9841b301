import { existsSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

/**
 * Lets plain Node.js load the TypeScript sources, for the parts of the test run that Jest does not transform:
 * Node.js strips the types, this finds `./x.ts` behind `./x.js` and takes package imports to the sources.
 */
registerHooks({
  resolve(specifier, context, nextResolve) {
    const conditions = [...context.conditions, 'nexus-source'];
    if (/^\.{1,2}\/.*\.js$/.test(specifier) && context.parentURL?.endsWith('.ts')) {
      const source = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL);
      if (existsSync(fileURLToPath(source))) return nextResolve(source.href, { ...context, conditions });
    }
    return nextResolve(specifier, { ...context, conditions });
  },
});
