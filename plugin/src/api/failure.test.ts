import { failureOf, RequestFailed } from './failure';

const answered = (status: number, data: unknown) => failureOf({ status, data });

describe('failureOf', () => {
  it.each([
    [403, { message: 'plugin proxy route access denied' }, 'Permission'],
    [400, { message: 'Authentication to data source failed' }, 'Permission'],
    [400, { reason: 'Invalid', detail: 'from must be a time' }, 'Invalid'],
    [404, { reason: 'NotFound', detail: 'no such incident' }, 'NotFound'],
    [404, { reason: 'IncidentNotFound', detail: 'there is no incident 1' }, 'NotFound'],
    [404, { reason: 'NoSuchPath', detail: 'there is no GET /api/v1/forecast' }, 'NotAvailable'],
    [404, { message: 'page not found' }, 'NotAvailable'],
    [501, {}, 'NotAvailable'],
    [409, { reason: 'Conflict' }, 'Stale'],
    [412, { reason: 'PlanChanged', detail: 'The plan changed' }, 'Stale'],
    [422, { reason: 'FourEyes' }, 'Refused'],
    [502, {}, 'Unreachable'],
    [0, undefined, 'Unreachable'],
  ])('calls %s %j %s', (status, data, kind) => {
    expect(answered(status, data).kind).toBe(kind);
  });

  it("prefers the backend's sentence and always has one", () => {
    expect(answered(422, { reason: 'FourEyes', detail: 'You proposed this plan.' })).toMatchObject({
      reason: 'FourEyes',
      message: 'You proposed this plan.',
    });
    expect(answered(502, {}).message).toBe('KubeWise did not answer.');
    expect(failureOf('nonsense').message).toBe('KubeWise did not answer.');
  });

  it('keeps what was already understood', () => {
    const failure = answered(412, { reason: 'PlanChanged', detail: 'x' });
    expect(failureOf(new RequestFailed(failure))).toBe(failure);
  });
});
