import type { Ground } from './ground.ts';

/** The next version of an image that nobody has released yet: `…:2.4.1` → `…:2.5.0`. */
export function nextImage({ world }: Ground, image: string): string {
  const [repository = '', version = '1.0.0'] = image.split(/:(?=[^/]+$)/);
  const [major = '1', minor = '0'] = version.split('.');
  for (let next = Number(minor) + 1; ; next += 1) {
    const candidate = `${repository}:${major}.${next}.0`;
    if (!world.around.registry.releases.has(candidate)) return candidate;
  }
}
