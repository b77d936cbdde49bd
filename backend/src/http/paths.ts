import type { NextFunction, Request, Response } from 'express';
import { HttpProblem } from './problems.ts';

/** Encoded dots, slashes and percent signs, empty and dot segments: what tricks a proxy into matching another route. */
const suspicious = /%2e|%2f|%5c|%25|%00|\\|\/\/|(?:^|\/)\.{1,2}(?:\/|$)/i;

/** The path of a request target without its query, undecoded. */
const rawPath = (target: string): string => target.split(/[?#]/, 1)[0] ?? '';
const isSuspicious = (target: string): boolean => suspicious.test(rawPath(target));

export function refuseOddPaths(request: Request, _response: Response, next: NextFunction): void {
  if (!isSuspicious(request.originalUrl)) return next();
  next(
    new HttpProblem(
      400,
      'BadPath',
      'paths must not contain encoded dots or slashes, "//", ".." or "\\"; put names in the query',
    ),
  );
}
