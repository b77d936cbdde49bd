import { useCallback, useEffect, useState } from 'react';
import type { Job } from '@kubewise/backend/contract';
import { failureOf, type Failure, type KubeWise } from '../api';

/** How often a running job is asked about (ms). */
const pace = 1500;

/** Long work: started, polled until it ends, cancelled on request. One at a time. */
export function useJob(api: KubeWise) {
  const [job, setJob] = useState<Job>();
  const [failure, setFailure] = useState<Failure>();
  const [starting, setStarting] = useState(false);
  const keep = useCallback(
    (promise: Promise<Job>) => promise.then(setJob, (error: unknown) => setFailure(failureOf(error))),
    []
  );

  useEffect(() => {
    if (job?.state !== 'Running') {
      return;
    }
    const timer = setTimeout(() => void keep(api.job(job.id)), pace);
    return () => clearTimeout(timer);
  }, [api, job, keep]);

  const start = useCallback(
    async (begin: () => Promise<Job>) => {
      setFailure(undefined);
      setJob(undefined);
      setStarting(true);
      await keep(begin());
      setStarting(false);
    },
    [keep]
  );
  const cancel = () => {
    if (job) {
      void keep(api.cancelJob(job.id));
    }
  };
  return { job, failure, starting, start, cancel };
}

/** The result of a job that succeeded. The contract says which kind of job gives which result. */
export const resultOf = <T>(job: Job): T | undefined => (job.state === 'Succeeded' ? (job.result as T) : undefined);
